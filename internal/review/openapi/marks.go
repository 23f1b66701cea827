package openapi

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/load"
)

// Marks of an operation by which oasdiff leaves out what is wrong with it.
var (
	stability = []string{"x-stability-level"}
	lifecycle = []string{"x-stability-level", "x-sunset"}
)

// without returns a description of which operations have lost marks, and, with
// x-sunset, that of being deprecated: oasdiff says nothing of an alpha operation
// that goes together with its path, whatever level counts, nor of one whose
// sunset is over.
func without(marks []string, of *load.SpecInfo) *load.SpecInfo {
	return rebuilt(of, func(_, _ string, o *openapi3.Operation) *openapi3.Operation {
		plain := *o
		plain.Extensions = maps.Clone(o.Extensions)
		for _, mark := range marks {
			delete(plain.Extensions, mark)
		}
		plain.Deprecated = o.Deprecated && !slices.Contains(marks, "x-sunset")
		return &plain
	})
}

// rebuilt returns a description with other operations in the place of its own;
// nil leaves one out. What a description calls itself is left alone.
func rebuilt(of *load.SpecInfo, other func(method, path string, o *openapi3.Operation) *openapi3.Operation) *load.SpecInfo {
	spec := *of.Spec
	spec.Paths = openapi3.NewPaths()
	for path, item := range of.Spec.Paths.Map() {
		kept := &openapi3.PathItem{
			Ref: item.Ref, Summary: item.Summary, Description: item.Description,
			Servers: item.Servers, Parameters: item.Parameters, Extensions: item.Extensions, Origin: item.Origin,
		}
		for method, o := range item.Operations() {
			if o = other(method, path, o); o != nil {
				kept.SetOperation(method, o)
				spec.Paths.Set(path, kept)
			}
		}
	}
	out := *of
	out.Spec = &spec
	return &out
}
