package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// secretIsMissing: a plan is refused because something that the revision needs
// is not there, and is accepted once it is.
func (d *demo) secretIsMissing(ctx context.Context) error {
	d.act("1. Something is missing", "v2 reads the secret "+secret+", whose first version nobody has added yet.")
	if err := d.expect(ctx, terraform{exit: 0, says: "successfully initialized", show: with("Installed", "successfully")}, "init"); err != nil {
		return err
	}
	if err := d.expect(ctx, terraform{exit: 1, says: "Not ready: gcp_secret"}, "plan", "-var", "release=v2"); err != nil {
		return err
	}
	if d.box.Writes() > 0 || len(d.box.Service(service).Revisions) != 1 {
		return errors.New("a plan that was refused wrote something")
	}
	d.line("\nNothing was written. Somebody adds the version:")
	return d.post(ctx, "/sandbox/secrets/"+secret+"/versions", `{"state":"ENABLED"}`)
}

// rolloutGoesWell: the same plan is accepted, and traffic moves in steps.
func (d *demo) rolloutGoesWell(ctx context.Context) error {
	d.act("2. The same plan, and traffic moves", "The plan shows the rollout before anything is done. In apply, users are moved 10 → 50 → 100 %.")
	if err := d.expect(ctx, terraform{exit: 0, says: "1 to add", show: inBrief()}, "plan", "-var", "release=v2", "-out", "v2.tfplan"); err != nil {
		return err
	}
	d.seen = nil
	if err := d.expect(ctx, terraform{exit: 0, says: "Apply complete", live: true}, "apply", "v2.tfplan"); err != nil {
		return err
	}
	v := d.box.Service(service)
	if v.Percent[v.Newest] != 100 || len(v.Tags) != 0 {
		return fmt.Errorf("after the apply live is %v, tags %v", v.Percent, v.Tags)
	}
	return d.saw(v.Newest, 10, 50, 100)
}

// rolloutGoesHome: a revision that only its users find bad is rolled back.
func (d *demo) rolloutGoesHome(ctx context.Context) error {
	d.act("3. A broken revision",
		"v3 is healthy and answers everything, but a query lost its index: every answer takes 1.2 s.",
		"At 10 % the gate \"latency\" sees it in the users' own requests, and traffic goes back by itself.")
	home := d.box.Service(service).Newest
	d.seen = nil
	if err := d.expect(ctx, terraform{exit: 1, says: "was rolled back at 10 %", show: inBrief(), live: true}, "apply", "-auto-approve", "-var", "release=v3"); err != nil {
		return err
	}
	d.line("\nThe exit code is 1: a pipeline stops here. Live is what was live before.")
	v := d.box.Service(service)
	if v.Percent[home] != 100 || len(v.Tags) != 0 {
		return fmt.Errorf("after the roll-back live is %v, tags %v", v.Percent, v.Tags)
	}
	return d.saw(v.Newest, 10)
}

// nextPlanKnows: the same content is not tried again by an unrelated change.
func (d *demo) nextPlanKnows(ctx context.Context) error {
	d.act("4. The next plan knows", "Somebody merges something else. v3 is not tried again by that.")
	bad := d.box.Service(service).Newest
	return d.expect(ctx, terraform{exit: 0, says: bad + " is blocked", show: inBrief()}, "plan", "-var", "release=v3")
}

// saw fails unless users saw a revision at each of these shares, more or less,
// while exactly that was live.
func (d *demo) saw(revision string, shares ...int) error {
	const near = 7
	for _, share := range shares {
		if !slices.ContainsFunc(d.seen, func(s sight) bool {
			return s.live == share && s.revision == revision && math.Abs(s.users-float64(share)) < near
		}) {
			return fmt.Errorf("users did not see %s at %d %%: %s", revision, share, sights(d.seen))
		}
	}
	return nil
}

func sights(all []sight) string {
	var out []string
	for _, s := range all {
		out = append(out, fmt.Sprintf("%s at %d %%: %.1f %%", s.revision, s.live, s.users))
	}
	return strings.Join(out, ", ")
}
