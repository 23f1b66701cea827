// Package kind has the kinds of errors that are never made.
package kind

type (
	// Schema is about a schema as a whole.
	Schema struct{}
	// Group is about several errors.
	Group struct{}
	// Reference is about what a reference leads to.
	Reference struct{}
)

// KeywordPath implements jsonschema.ErrorKind.
func (*Schema) KeywordPath() []string { return nil }

// KeywordPath implements jsonschema.ErrorKind.
func (*Group) KeywordPath() []string { return nil }

// KeywordPath implements jsonschema.ErrorKind.
func (*Reference) KeywordPath() []string { return nil }
