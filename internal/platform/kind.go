// Package platform says what a platform is to the provider: its name, what is
// known of it without asking, the block that users write, and how to open it.
// Each platform is a folder of its own; package catalog lists them.
package platform

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind describes one platform. All fields but Behind, Idle, Messages, Permissions, Slot, Slots and Unsafe are required.
type Kind struct {
	// Name is the name of the block, and the first part of every id: cloud_run.
	Name   string
	Limits rollout.Limits
	// Doc is the description of the block.
	Doc string
	// Locate holds the attributes that say where traffic is divided; all
	// objects use them. Make holds those that say what is to be there.
	Locate, Make map[string]schema.Attribute
	// Idle names those of Make that say nothing about content: changing them
	// moves nothing.
	Idle map[string]bool
	// ImportForm is what an id to import looks like.
	ImportForm string
	// Example is a line of configuration for messages that ask for the block.
	Example string

	// Messages is the table of what the platform may say to a person, but for what a
	// vendor says in its own words.
	Messages []rollout.Message

	// Permissions are what the platform asks of an AWS account, each action once
	// a resource: the policies in the documents are made of them, and the
	// sandbox enforces them.
	Permissions []cloud.Permission

	// Slots: revisions are places that get other content in time. That one was
	// promoted before says nothing of what is in it now, so nobody returns to it
	// without steps; and what is blocked is its content, not its name.
	Slots bool
	// Unsafe says what a change of the block would bring to users without a step,
	// nil for nothing: other content for who serves. before is the block of the last
	// apply. nil where revisions do not change.
	Unsafe func(before, now types.Object, live rollout.Routing) *rollout.Problem
	// Behind names the attribute of Make that foretells what each place is about to
	// hold: a map by revision. It says nothing of what is wanted, and some of it is
	// unknown in a plan that brings something. "" where revisions do not change.
	Behind string
	// Exposed says what would reach users without a step, because what is behind a
	// revision that serves is about to change: Behind is compared with what is there
	// now. It is asked also where nothing is to move. nil where Behind is "".
	Exposed func(block types.Object, live rollout.Routing, holds map[rollout.Revision]Held) *rollout.Problem
	// Slot chooses between places, for the data source rollout_slot; nil where
	// revisions are none.
	Slot *Slot

	// Validate says what is wrong with the block without asking anybody.
	// Unknown values are not wrong.
	Validate func(ctx context.Context, block types.Object) []rollout.Problem
	// Identify returns the id of the target: "cloud_run/projects/…". It is ""
	// as long as the block does not say.
	Identify func(ctx context.Context, block types.Object) string
	// Wanted says in a few words what is to be there, for one line of a plan:
	// an image with a short digest, a revision. Everything in the block is known.
	Wanted func(block types.Object) string
	// Makes reports whether the block has a revision made, rather than naming
	// one that was made elsewhere.
	Makes func(block types.Object) bool
	// Template is what revisions are made of, in the platform's word: "$LATEST"; "" for
	// a template.
	Template string
	// Newest reports whether the block asks for whatever revision was made last.
	Newest func(block types.Object) bool
	// Tracks reports whether a secret that means another version than before is
	// to be rolled out.
	Tracks func(block types.Object) bool
	// Locator returns the locating attributes for an id without the kind's
	// name; it is what import fills in.
	Locator func(id string) (map[string]string, error)
	// Open returns the place, once everything in the block is known. It makes
	// no call. triggers stands for what a person wants a new revision for, also
	// one of the same settings: it is part of the content of what is made. ""
	// where nothing does.
	Open func(ctx context.Context, block types.Object, triggers string, clients *cloud.Clients) (Place, error)
}

// Made is what revisions are made of, as a message says it.
func (k Kind) Made() string {
	if k.Template == "" {
		return "the template"
	}
	return k.Template
}

// Place is one configured block: where traffic is divided, and what is wanted.
type Place struct {
	ID     string
	Target rollout.Target
	// Maker makes the wanted revision; nil where Candidate names one, where the
	// block wants the newest, or where it says only where.
	Maker     rollout.Maker
	Candidate rollout.Revision
	// Planned describes the revision that Maker would make, without making it:
	// its settings and its content. nil where Maker is.
	Planned func(ctx context.Context) (rollout.Subject, error)
	// Requires is what the platform itself wants to be checked.
	Requires []rollout.Check
	// Secrets returns which version each secret stands for now, by metadata
	// alone, as NAME:VERSION by setting; nil where the block names none.
	Secrets func(ctx context.Context) (map[string]string, error)
	// Holds returns what is in each of several places now, whoever brought it there;
	// a place of which nobody can tell is left out. nil where revisions do not change.
	Holds func(ctx context.Context, of ...rollout.Revision) (map[rollout.Revision]Held, error)
	// WayHome returns the exact command with which a person takes traffic back
	// to r.
	WayHome func(r rollout.Revision) string
	// Ends returns when the credentials end with which the place is asked, where
	// they cannot be renewed; nil where the cloud does not tell.
	Ends func(ctx context.Context) (cloud.End, error)
	// Resume is the exact command with which a person takes back the word that
	// rollouts shall stop (Observation.Abort); "" where a platform has no place for
	// such a word.
	Resume string
	// Console is where a person looks, "" if there is no such page.
	Console string
}

// Held is what a place holds now.
type Held struct {
	// Content names it for good: what is called so never changes. Other content has
	// another name.
	Content string
	// By says who brings content there, in words: "the service api-blue of Amazon ECS".
	By string
}

// Slot is how places take turns: a release goes into the one that nobody is served
// from.
type Slot struct {
	// Attributes stand beside those of Locate in the block, and say which places
	// there are.
	Attributes map[string]schema.Attribute
	// Validate says what is wrong with the block without asking anybody. Unknown
	// values are not wrong.
	Validate func(block types.Object) []rollout.Problem
	// Choose looks at what is live, and says which place content belongs into. It
	// reads only. Everything in the block is known. An error that is a
	// rollout.Problem is for a person as it stands.
	Choose func(ctx context.Context, block types.Object, content string, clients *cloud.Clients) (Choice, error)
}

// Choice is which place content belongs into, and what every place is to hold then.
type Choice struct {
	ID       string            // of the target, as Place.ID
	Slot     string            // that content belongs into
	Place    string            // the same, as the making part of a block names it
	Live     string            // that users are served from, "" where that is not one
	Contents map[string]string // by slot: who has users keeps what it has
}
