// Package schemajson writes a provider's schema as `terraform providers schema -json` prints it, without a Terraform.
//
// The documentation is generated from it: the Terraform at hand may be too old to know all that the provider offers, and
// then leaves it out without a word.
package schemajson

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

// Write puts the schema of one provider onto w, under the given name.
func Write(ctx context.Context, w io.Writer, name string, open func() tfprotov6.ProviderServer) error {
	provider, err := describe(ctx, open())
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(tfjson.ProviderSchemas{
		FormatVersion: "1.0",
		Schemas:       map[string]*tfjson.ProviderSchema{name: provider},
	})
}

func describe(ctx context.Context, server tfprotov6.ProviderServer) (*tfjson.ProviderSchema, error) {
	said, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	if err := firstError(append(said.Diagnostics, identities.Diagnostics...)); err != nil {
		return nil, err
	}
	return &tfjson.ProviderSchema{
		ConfigSchema:             root(said.Provider),
		ResourceSchemas:          each(said.ResourceSchemas, root),
		DataSourceSchemas:        each(said.DataSourceSchemas, root),
		EphemeralResourceSchemas: each(said.EphemeralResourceSchemas, root),
		ListResourceSchemas:      each(said.ListResourceSchemas, root),
		ActionSchemas:            each(said.ActionSchemas, actionSchema),
		Functions:                each(said.Functions, signature),
		ResourceIdentitySchemas:  each(identities.IdentitySchemas, identity),
	}, nil
}

func firstError(diagnostics []*tfprotov6.Diagnostic) error {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return errors.New(d.Summary + ": " + d.Detail)
		}
	}
	return nil
}

// each converts the values of a map.
func each[From, To any](from map[string]From, convert func(From) To) map[string]To {
	to := make(map[string]To, len(from))
	for name, value := range from {
		to[name] = convert(value)
	}
	return to
}

// named converts a list into a map.
func named[From, To any](from []From, convert func(From) (string, To)) map[string]To {
	to := make(map[string]To, len(from))
	for _, value := range from {
		name, converted := convert(value)
		to[name] = converted
	}
	return to
}

func root(s *tfprotov6.Schema) *tfjson.Schema {
	return &tfjson.Schema{Version: uint64(s.Version), Block: block(s.Block)}
}

func actionSchema(s *tfprotov6.ActionSchema) *tfjson.ActionSchema {
	return &tfjson.ActionSchema{Block: block(s.Schema.Block)}
}

func block(b *tfprotov6.SchemaBlock) *tfjson.SchemaBlock {
	return &tfjson.SchemaBlock{
		Attributes:      named(b.Attributes, attribute),
		NestedBlocks:    named(b.BlockTypes, nestedBlock),
		Description:     b.Description,
		DescriptionKind: kind(b.DescriptionKind),
		Deprecated:      b.Deprecated,
	}
}

func nestedBlock(b *tfprotov6.SchemaNestedBlock) (string, *tfjson.SchemaBlockType) {
	nesting := map[tfprotov6.SchemaNestedBlockNestingMode]tfjson.SchemaNestingMode{
		tfprotov6.SchemaNestedBlockNestingModeSingle: tfjson.SchemaNestingModeSingle,
		tfprotov6.SchemaNestedBlockNestingModeList:   tfjson.SchemaNestingModeList,
		tfprotov6.SchemaNestedBlockNestingModeSet:    tfjson.SchemaNestingModeSet,
		tfprotov6.SchemaNestedBlockNestingModeMap:    tfjson.SchemaNestingModeMap,
		tfprotov6.SchemaNestedBlockNestingModeGroup:  tfjson.SchemaNestingModeGroup,
	}
	return b.TypeName, &tfjson.SchemaBlockType{
		NestingMode: nesting[b.Nesting],
		Block:       block(b.Block),
		MinItems:    uint64(b.MinItems),
		MaxItems:    uint64(b.MaxItems),
	}
}

func attribute(a *tfprotov6.SchemaAttribute) (string, *tfjson.SchemaAttribute) {
	converted := &tfjson.SchemaAttribute{
		Description:     a.Description,
		DescriptionKind: kind(a.DescriptionKind),
		Deprecated:      a.Deprecated,
		Required:        a.Required,
		Optional:        a.Optional,
		Computed:        a.Computed,
		Sensitive:       a.Sensitive,
		WriteOnly:       a.WriteOnly,
	}
	if a.NestedType == nil {
		converted.AttributeType = ctyType(a.Type)
		return a.Name, converted
	}
	nesting := map[tfprotov6.SchemaObjectNestingMode]tfjson.SchemaNestingMode{
		tfprotov6.SchemaObjectNestingModeSingle: tfjson.SchemaNestingModeSingle,
		tfprotov6.SchemaObjectNestingModeList:   tfjson.SchemaNestingModeList,
		tfprotov6.SchemaObjectNestingModeSet:    tfjson.SchemaNestingModeSet,
		tfprotov6.SchemaObjectNestingModeMap:    tfjson.SchemaNestingModeMap,
	}
	converted.AttributeNestedType = &tfjson.SchemaNestedAttributeType{
		Attributes:  named(a.NestedType.Attributes, attribute),
		NestingMode: nesting[a.NestedType.Nesting],
	}
	return a.Name, converted
}

func identity(s *tfprotov6.ResourceIdentitySchema) *tfjson.IdentitySchema {
	return &tfjson.IdentitySchema{Version: uint64(s.Version), Attributes: named(s.IdentityAttributes, identityAttribute)}
}

func identityAttribute(a *tfprotov6.ResourceIdentitySchemaAttribute) (string, *tfjson.IdentityAttribute) {
	return a.Name, &tfjson.IdentityAttribute{
		IdentityType:      ctyType(a.Type),
		Description:       a.Description,
		RequiredForImport: a.RequiredForImport,
		OptionalForImport: a.OptionalForImport,
	}
}

func signature(f *tfprotov6.Function) *tfjson.FunctionSignature {
	converted := &tfjson.FunctionSignature{
		Description:        f.Description,
		Summary:            f.Summary,
		DeprecationMessage: f.DeprecationMessage,
		ReturnType:         ctyType(f.Return.Type),
	}
	for _, p := range f.Parameters {
		converted.Parameters = append(converted.Parameters, parameter(p))
	}
	if f.VariadicParameter != nil {
		converted.VariadicParameter = parameter(f.VariadicParameter)
	}
	return converted
}

func parameter(p *tfprotov6.FunctionParameter) *tfjson.FunctionParameter {
	return &tfjson.FunctionParameter{
		Name:        p.Name,
		Description: p.Description,
		IsNullable:  p.AllowNullValue,
		Type:        ctyType(p.Type),
	}
}

func kind(k tfprotov6.StringKind) tfjson.SchemaDescriptionKind {
	if k == tfprotov6.StringKindMarkdown {
		return tfjson.SchemaDescriptionKindMarkdown
	}
	return tfjson.SchemaDescriptionKindPlain
}

// ctyType goes by way of JSON, which both type systems write alike. A type that does not make the way is a programmer's
// error, as it would be in the schema of any provider.
func ctyType(t tftypes.Type) cty.Type {
	text, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("type %v: %v", t, err))
	}
	var converted cty.Type
	if err := json.Unmarshal(text, &converted); err != nil {
		panic(fmt.Sprintf("type %v: %v", t, err))
	}
	return converted
}
