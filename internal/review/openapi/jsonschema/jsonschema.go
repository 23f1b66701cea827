// Package jsonschema stands in the place of a validator of JSON Schema, of which
// it has the names that the reader of OpenAPI documents mentions and none of the
// work: it refuses every schema.
//
// The reader validates values against schemas, on request. Nobody here requests
// it: descriptions are compared, and no value is ever held against one. The
// validator compiles eleven schemas of its own whenever a program starts that
// links it, which takes 3 ms and 1.7 MB, and Terraform starts a provider with
// each command. TestStartsForLittle holds this; where a value is to be
// validated one day, the replace directive in go.mod goes, and this with it.
package jsonschema

import "errors"

// ErrAbsent is what whoever asks for a validation gets.
var ErrAbsent = errors.New("this program validates no values against schemas")

// Draft2020 names a draft.
var Draft2020 = &Draft{}

type (
	// Draft is a version of the language.
	Draft struct{}
	// Compiler compiles nothing.
	Compiler struct{}
	// Schema is never made.
	Schema struct{}
	// Format is a format of strings, and how one is validated.
	Format struct {
		Name     string
		Validate func(v any) error
	}
	// ErrorKind says which keyword refused a value.
	ErrorKind interface{ KeywordPath() []string }
	// ValidationError is never made.
	ValidationError struct {
		InstanceLocation []string
		ErrorKind        ErrorKind
		Causes           []*ValidationError
	}
)

// NewCompiler returns one.
func NewCompiler() *Compiler { return &Compiler{} }

// DefaultDraft does nothing.
func (*Compiler) DefaultDraft(*Draft) {}

// RegisterFormat does nothing.
func (*Compiler) RegisterFormat(*Format) {}

// AssertFormat does nothing.
func (*Compiler) AssertFormat() {}

// AddResource refuses.
func (*Compiler) AddResource(string, any) error { return ErrAbsent }

// Compile refuses.
func (*Compiler) Compile(string) (*Schema, error) { return nil, ErrAbsent }

// Validate refuses.
func (*Schema) Validate(any) error { return ErrAbsent }

// Error implements error.
func (*ValidationError) Error() string { return ErrAbsent.Error() }
