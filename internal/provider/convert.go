package provider

import (
	"fmt"

	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Kinds define their blocks once, as those of a resource. A data source has
// the same ones; what follows turns one into the other. It knows the types
// that kinds use, and refuses others loudly, when the schema is first asked for.
// What is write-only is left out: Terraform keeps what a data source was asked.

func dataAttributes(in map[string]schema.Attribute) map[string]data.Attribute {
	out := map[string]data.Attribute{}
	for name, a := range in {
		if a.IsWriteOnly() {
			continue
		}
		switch a := a.(type) {
		case schema.StringAttribute:
			out[name] = data.StringAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.BoolAttribute:
			out[name] = data.BoolAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.Int64Attribute:
			out[name] = data.Int64Attribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.Float64Attribute:
			out[name] = data.Float64Attribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.ListAttribute:
			out[name] = data.ListAttribute{ElementType: a.ElementType, Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.MapAttribute:
			out[name] = data.MapAttribute{ElementType: a.ElementType, Required: a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription, Validators: a.Validators}
		case schema.ListNestedAttribute:
			out[name] = data.ListNestedAttribute{
				NestedObject: data.NestedAttributeObject{Attributes: dataAttributes(a.NestedObject.Attributes)},
				Required:     a.Required, Optional: a.Optional, Computed: a.Computed, MarkdownDescription: a.MarkdownDescription,
			}
		default:
			panic(fmt.Sprintf("attribute %s: a data source has no counterpart of %T yet", name, a))
		}
	}
	return out
}

func dataBlocks(in map[string]schema.Block) map[string]data.Block {
	out := map[string]data.Block{}
	for name, b := range in {
		list, ok := b.(schema.ListNestedBlock)
		if !ok {
			panic(fmt.Sprintf("block %s: a data source has no counterpart of %T yet", name, b))
		}
		inside := data.NestedBlockObject{
			Attributes: dataAttributes(list.NestedObject.Attributes), Blocks: dataBlocks(list.NestedObject.Blocks),
		}
		inside.CustomType = inside.Type() // as typed has it
		out[name] = data.ListNestedBlock{
			MarkdownDescription: list.MarkdownDescription, Validators: list.Validators,
			NestedObject: inside, CustomType: types.ListType{ElemType: inside.CustomType},
		}
	}
	return out
}
