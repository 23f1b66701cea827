package httpprobe

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// condition is something that must hold of a JSON document: there is a value at
// path, and it is equals, unless that is nil.
type condition struct {
	path   string // keys and list places, joined by dots: data.items.0.status
	equals *string
}

// document reads one JSON value. Numbers stay as they are written.
func document(body []byte) (any, error) {
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

// fault returns what is wrong with the document, or "".
func (c condition) fault(doc any) string {
	value, found := at(doc, strings.Split(c.path, "."))
	switch {
	case !found, value == nil && c.equals == nil:
		return "has no value at " + c.path
	case c.equals == nil:
		return ""
	}
	if text, plain := scalar(value); !plain || text != *c.equals {
		return "has another value at " + c.path + " than was asked for"
	}
	return ""
}

// at walks down from doc.
func at(doc any, keys []string) (any, bool) {
	for _, key := range keys {
		switch inner := doc.(type) {
		case map[string]any:
			value, found := inner[key]
			if !found {
				return nil, false
			}
			doc = value
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

// scalar renders a value as JSON writes it, a string without its quotes.
func scalar(value any) (string, bool) {
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
