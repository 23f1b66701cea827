package cloudwatch

import (
	"encoding/json"
	"net/http"
)

// question is a GetMetricData as it arrives.
type question struct {
	StartTime, EndTime float64
	NextToken          string
	MetricDataQueries  []struct {
		ID         string `json:"Id"`
		Expression string
		MetricStat struct{ Period int }
	}
}

func asked(r *http.Request) question {
	var q question
	_ = json.NewDecoder(r.Body).Decode(&q) // what cannot be read asks for nothing
	return q
}
