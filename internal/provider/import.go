package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// importedMidway is the outcome of a rollout that was imported in the middle: the next
// apply finishes or undoes it.
const importedMidway = "unfinished"

var (
	msgImportNobody = rollout.Message{
		ID: "import.nobody_serves", What: "Nobody serves there",
		Why: "The target has no traffic, so there is nothing to import.",
		Fix: "Give all traffic to a revision that can serve, with the platform's own tools, and import again.",
	}
	msgImportSplit = rollout.Message{
		ID: "import.split", What: "Several revisions share the traffic",
		Why: "Live is {live}; no mark of ours (a traffic tag) says which side is home, the rollback target, and an import cannot say which of them is meant to stay.",
		Fix: "Choose the side that is good; {most} has most.\n\n" +
			"Either give it all traffic by hand, and import then:\n  {command}\n\n" +
			"Or leave out the import: a first apply with home = \"{most}\" goes on from this split.",
	}
)

// importMessages are those about an import.
func importMessages() []rollout.Message {
	return []rollout.Message{msgImportNobody, msgImportSplit}
}

// ImportState implements resource.ResourceWithImportState. One revision that has
// all traffic counts as promoted. A rollout that is under way by our own marks is
// taken over, and the next apply finishes or undoes it.
func (r *safeDeployment) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	p, id := r.importPlace(ctx, req, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	record := record{ID: types.StringValue(id)}
	gone, err := r.refresh(ctx, p, &record, observe)
	if gone || err != nil {
		addError(&resp.Diagnostics, path.Empty(), importFailure(gone, err, id))
		return
	}
	if problem := r.adopt(ctx, p, &record); problem != nil {
		addError(&resp.Diagnostics, path.Empty(), *problem)
		return
	}
	resp.Diagnostics.Append(record.write(ctx, &resp.State)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, record.ID)...)
}

// adopt fills in what an apply would remember of what is live, or says why nobody
// can tell.
func (r *safeDeployment) adopt(ctx context.Context, p place, rec *record) *rollout.Problem {
	opened, err := p.open(ctx, r.core)
	if err != nil {
		return msgTargetUnopened.Found("why", sentence(err.Error()))
	}
	live := *rec.shows
	switch sole := live.Split.Sole(); {
	case engine.OriginOf(live, nil, engine.Ladder{}) == engine.Unfinished:
		rec.Promoted, rec.Outcome, rec.WayHome = known(live.Home), types.StringValue(importedMidway), known(opened.WayHome(live.Home))
		if len(live.Keep) > 0 {
			rec.Revision = known(live.Keep[0])
		}
		rec.leave(nil)
	case len(live.Split) == 0:
		return msgImportNobody.Found()
	case sole == "":
		most := live.Split.Revisions()[0]
		return msgImportSplit.Found("live", live, "most", most, "command", opened.WayHome(most))
	default:
		rec.Promoted, rec.Revision = known(sole), known(sole)
		rec.Outcome = known(engine.Unchanged.String())
		rec.leave(&madeRecord{rec.Observed.Template, rec.Observed.SecretVersions})
	}
	return nil
}

// importPlace fills in the locating part from an id like
// "cloud_run/projects/P/locations/L/services/S".
func (s *shared) importPlace(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) (place, string) {
	id := importID(ctx, req, &resp.Diagnostics)
	for _, k := range catalog.Platforms() {
		rest, ok := cutKind(id, k.Name)
		if !ok {
			continue
		}
		attributes, err := k.Locator(rest)
		if err != nil {
			break
		}
		for name, v := range attributes {
			at := path.Root(k.Name).AtListIndex(0).AtName(name)
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, at, v)...)
		}
		p, _ := decodePlace(ctx, resp.State, &resp.Diagnostics)
		return p, id
	}
	addError(&resp.Diagnostics, path.Empty(), msgNoImportID.With("id", id, "forms", importForms()))
	return place{}, id
}
