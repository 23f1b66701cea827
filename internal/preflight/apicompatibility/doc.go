// Package apicompatibility is the preflight kind "api_compatibility", and the
// data source of that name: two descriptions of an API, and what between them
// breaks whoever calls it while both are served.
//
// It reads files and asks nobody; package review/openapi has the comparison, and
// says what that does not see. A difference that breaks somebody fails. One that
// may is a warning. What is allowed stays in the finding, with its reason.
package apicompatibility
