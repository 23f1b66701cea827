package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// BodyLimit is how much of an answer is read.
const BodyLimit = 1 << 20

// Document reads one JSON value. Numbers stay as they are written. The error
// quotes the body: it is for nobody's eyes.
func Document(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err //nolint:wrapcheck // it quotes the body, so nobody shows it
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return doc, nil
}

// IsPath reports whether a text is a path into JSON: keys and places in lists,
// joined by single dots, such as data.items.0.status.
func IsPath(path string) bool { return !slices.Contains(strings.Split(path, "."), "") }

// At walks down from doc along a path; found is false where it leads nowhere.
func At(doc any, path string) (value any, found bool) {
	for _, key := range strings.Split(path, ".") {
		switch inner := doc.(type) {
		case map[string]any:
			if doc, found = inner[key]; !found {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(inner) {
				return nil, false
			}
			doc = inner[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// Scalar renders a value as JSON writes it, a string without its quotes; plain
// is false for a list and an object.
func Scalar(value any) (text string, plain bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	}
	return "", false
}
