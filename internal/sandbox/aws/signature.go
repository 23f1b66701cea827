package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A scope is what an Authorization header says of a request
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
type scope struct {
	key, date, region, service string
	signed                     []string // names of headers
	signature                  string
}

const scheme = "AWS4-HMAC-SHA256 "

func readScope(authorization string) (scope, error) {
	rest, ok := strings.CutPrefix(authorization, scheme)
	if !ok {
		return scope{}, errors.New("the request is not signed with AWS4-HMAC-SHA256")
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	c := strings.Split(fields["Credential"], "/")
	if len(c) != 5 || c[4] != "aws4_request" || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return scope{}, errors.New("the Authorization header has no credential scope, or signs nothing")
	}
	return scope{
		key: c[0], date: c[1], region: c[2], service: c[3],
		signed: strings.Split(fields["SignedHeaders"], ";"), signature: fields["Signature"],
	}, nil
}

// verified reports whether a request was signed with this secret, whole. Whether
// it was signed recently is not looked at: the sandbox's clock is the test's.
func verified(r *request, secret, token string) bool {
	c, err := readScope(r.in.Header.Get("Authorization"))
	if err != nil || !slices.Contains(c.signed, "host") || r.in.Header.Get("X-Amz-Security-Token") != token {
		return false
	}
	sum := hex.EncodeToString(hash(r.raw))
	payload := r.in.Header.Get("X-Amz-Content-Sha256")
	if payload == "" {
		payload = sum
	}
	if len(payload) == len(sum) && payload != sum { // not so: UNSIGNED-PAYLOAD, STREAMING-…
		return false
	}
	var headers strings.Builder
	for _, name := range c.signed {
		headers.WriteString(name + ":" + headerOf(r.in, name) + "\n")
	}
	canonical := strings.Join([]string{
		r.in.Method, canonicalPath(r), canonicalQuery(r.in.URL.Query()), headers.String(), strings.Join(c.signed, ";"), payload,
	}, "\n")
	toSign := strings.Join([]string{
		strings.TrimSpace(scheme), r.in.Header.Get("X-Amz-Date"),
		c.date + "/" + c.region + "/" + c.service + "/aws4_request", hex.EncodeToString(hash([]byte(canonical))),
	}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.date, c.region, c.service, "aws4_request", toSign} {
		key = keyed(key, part)
	}
	return hmac.Equal([]byte(hex.EncodeToString(key)), []byte(c.signature))
}

func hash(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

func keyed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func headerOf(in *http.Request, name string) string {
	switch name {
	case "host":
		return in.Host
	case "content-length":
		return strconv.FormatInt(in.ContentLength, 10)
	}
	var values []string
	for _, v := range in.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(v), " "))
	}
	return strings.Join(values, ",")
}

// canonicalPath escapes the path once more, except in S3.
func canonicalPath(r *request) string {
	path := r.in.URL.EscapedPath()
	if path == "" {
		return "/"
	}
	if r.service == "s3" {
		return path
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = encoded(p)
	}
	return strings.Join(parts, "/")
}

func canonicalQuery(q url.Values) string {
	var pairs []string
	for k, values := range q {
		for _, v := range values {
			pairs = append(pairs, encoded(k)+"="+encoded(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// encoded is AWS's URI encoding: everything but the unreserved characters.
func encoded(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}
