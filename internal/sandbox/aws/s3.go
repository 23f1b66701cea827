package aws

import (
	"net/http"
	"strings"
)

// routeS3 names the operations of S3 that requirements use; of the others the
// method and the kind of thing, as moto has to know them anyway.
func routeS3(in *http.Request) (string, map[string]string) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(in.URL.Path, "/"), "/")
	vars := map[string]string{"bucket": bucket, "key": key}
	q := in.URL.Query()
	what := "Object"
	if key == "" {
		what = "Bucket"
	}
	for _, sub := range []string{
		"versioning", "location", "policy", "acl", "tagging", "lifecycle", "encryption", "cors", "website", "logging", "replication",
		"notification", "publicAccessBlock", "ownershipControls", "versions", "uploads", "requestPayment", "accelerate", "object-lock",
	} {
		if q.Has(sub) {
			what += strings.ToUpper(sub[:1]) + sub[1:]
		}
	}
	verb := strings.ToUpper(in.Method[:1]) + strings.ToLower(in.Method[1:])
	switch {
	case bucket == "":
		return "ListBuckets", vars
	case verb == "Get" && what == "Bucket" && q.Get("list-type") == "2":
		return "ListObjectsV2", vars
	case verb == "Get" && what == "Bucket":
		return "ListObjects", vars
	}
	return verb + what, vars
}
