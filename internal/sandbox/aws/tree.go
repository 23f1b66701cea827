package aws

import (
	"encoding/xml"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// tree turns names such as "MetricDataQueries.member.1.Id" into maps and lists.
func tree(form url.Values) map[string]any {
	root := map[string]any{}
	for name, values := range form {
		at, parts := root, strings.Split(name, ".")
		for _, p := range parts[:len(parts)-1] {
			next, ok := at[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[p] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = values[0]
	}
	delete(root, "Action")
	delete(root, "Version")
	listed, _ := lists(root).(map[string]any)
	return listed
}

// lists replaces {"member": {"1": …, "2": …}} by a list.
func lists(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k := range m {
		m[k] = lists(m[k])
	}
	inner, ok := m["member"].(map[string]any)
	if !ok || len(m) != 1 {
		return m
	}
	keys := slices.SortedFunc(maps.Keys(inner), func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = inner[k]
	}
	return out
}

// fromCBOR is a CBOR value as encoding/json would give it, times as time.Time.
func fromCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		out := map[string]any{}
		for k, e := range v {
			out[k] = fromCBOR(e)
		}
		return out
	case cbor.List:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = fromCBOR(e)
		}
		return out
	case *cbor.Tag:
		seconds, ok := number(fromCBOR(v.Value))
		if !ok {
			return nil
		}
		return seconds // tag 1, the only one that AWS uses: seconds since 1970
	case cbor.String:
		return string(v)
	case cbor.Uint:
		return float64(v)
	case cbor.NegInt:
		return -float64(v)
	case cbor.Float32:
		return float64(v)
	case cbor.Float64:
		return float64(v)
	case cbor.Bool:
		return bool(v)
	case cbor.Slice:
		return []byte(v)
	}
	return nil
}

// toCBOR is the way back.
func toCBOR(v any) cbor.Value {
	switch v := v.(type) {
	case map[string]any:
		out := cbor.Map{}
		for k, e := range v {
			out[k] = toCBOR(e)
		}
		return out
	case []any:
		out := make(cbor.List, len(v))
		for i, e := range v {
			out[i] = toCBOR(e)
		}
		return out
	case string:
		return cbor.String(v)
	case bool:
		return cbor.Bool(v)
	case int:
		return cbor.Uint(uint64(v)) //nolint:gosec // counts only
	case float64:
		return cbor.Float64(v)
	case time.Time:
		return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(v.UnixMilli()) / 1000)}
	case nil:
		return &cbor.Nil{}
	}
	panic(fmt.Sprintf("sandbox: no CBOR for %T", v))
}

// inTree is an answer in the protocol of its request. A tree has maps, lists,
// texts, numbers, truth values and times.
func inTree(r *request, doc map[string]any) *answer {
	a := &answer{status: 200}
	switch r.protocol {
	case cborRPC:
		a.body = cbor.Encode(toCBOR(doc))
		return a.set("Smithy-Protocol", "rpc-v2-cbor").set("Content-Type", "application/cbor")
	case query:
		var b strings.Builder
		fmt.Fprintf(&b, "<%sResponse><%sResult>", r.operation, r.operation)
		element(&b, doc)
		fmt.Fprintf(&b, "</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", r.operation, requestID, r.operation)
		a.body = []byte(xml.Header + b.String())
		return a.set("Content-Type", "text/xml")
	case jsonRPC, restJSON, restXML:
	}
	return inJSON(200, seconds(doc)).set("Content-Type", "application/x-amz-json-1.0")
}

// seconds turns the times of a tree into what JSON services send.
func seconds(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = seconds(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = seconds(e)
		}
		return out
	case time.Time:
		return float64(v.UnixMilli()) / 1000
	}
	return v
}

func element(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b.WriteString("<" + k + ">")
			element(b, v[k])
			b.WriteString("</" + k + ">")
		}
	case []any:
		for _, e := range v {
			b.WriteString("<member>")
			element(b, e)
			b.WriteString("</member>")
		}
	case time.Time:
		b.WriteString(v.UTC().Format("2006-01-02T15:04:05.000Z"))
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'f', -1, 64))
	default:
		b.WriteString(escaped(fmt.Sprint(v)))
	}
}

// number reads a number, or a text that is one.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

// moment reads a time, whatever the protocol writes it as.
func moment(v any) (time.Time, bool) {
	if s, ok := number(v); ok {
		return time.UnixMilli(int64(math.Round(s * 1000))).UTC(), true
	}
	text, _ := v.(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.UTC(), err == nil
}
