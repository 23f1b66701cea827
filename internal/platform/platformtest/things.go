package platformtest

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const nobody rollout.Revision = "nobody-00099"

func missing(s *sitting) {
	target := s.h.Target(s.T)
	o, err := target.Observe(s.ctx(), nobody)
	if err != nil {
		s.Fatalf("asking about a revision that does not exist is an error: %v", err)
	}
	if h, ok := o.Health[nobody]; !ok || h.State != rollout.Missing {
		s.Fatalf("it is %v (answered: %v), want missing", h.State, ok)
	}
	_, err = target.Subject(s.ctx(), nobody)
	s.is(err, rollout.ErrGone)
}

func broken(s *sitting) {
	target := s.h.Target(s.T)
	s.h.Break(s.T, s.h.New())
	h := s.settled(target).Health[s.h.New()]
	if h.State != rollout.Broken || h.Reason == "" {
		s.Fatalf("it is %s, reason %q; want broken, with the platform's reason", h.State, h.Reason)
	}
	// What is broken does not keep traffic from moving elsewhere.
	want := s.withDefault(rollout.Routing{Split: rollout.All(s.h.Old())}, false)
	s.shows(s.apply(target, want), want)
}

func several(s *sitting) {
	more := s.h.More(s.T, 2)
	s.h.Break(s.T, more[1])
	o := s.settled(s.h.Target(s.T), more[0], more[1], nobody)
	for r, want := range map[rollout.Revision]rollout.State{
		s.h.Old(): rollout.Ready, s.h.New(): rollout.Ready, more[0]: rollout.Ready, more[1]: rollout.Broken, nobody: rollout.Missing,
	} {
		if got := o.Health[r].State; got != want {
			s.Errorf("%s is %s, want %s", r, got, want)
		}
	}
	if o.Room[s.h.Old()] != rollout.Whole {
		s.Errorf("who has all traffic has room for %s", o.Room[s.h.Old()])
	}
	o, err := s.h.Target(s.T).Observe(s.ctx())
	if err != nil {
		s.Fatal(err)
	}
	if o.Health[s.h.Old()].State != rollout.Ready || o.Room[s.h.Old()] == 0 {
		s.Error("the health and room of who serves is not told without being asked")
	}
}

func glance(s *sitting) {
	target := s.h.Target(s.T)
	g, ok := target.(rollout.Glancer)
	if !ok {
		s.Skip("it has no shorter way than to observe")
	}
	s.apply(target, s.share(1000))
	o := s.observe(target)
	got, err := g.Glance(s.ctx())
	if err != nil {
		s.Fatal(err)
	}
	got.Health, got.Room, got.Unserved = o.Health, o.Room, o.Unserved
	if got.Template == "" { // what takes more calls is left out as a whole, or not at all
		o.InFlight, o.Abort, o.Newest, o.Template = 0, "", "", ""
	}
	if !reflect.DeepEqual(got, o) {
		s.Errorf("it shows %+v, and a look %+v", got, o)
	}
	g, ok = s.h.Nowhere(s.T).(rollout.Glancer)
	if !ok {
		s.Fatal("a target that is not there has no way to glance")
	}
	_, err = g.Glance(s.ctx())
	s.is(err, rollout.ErrGone)
}

func object(s *sitting) {
	target := s.h.Target(s.T)
	a := s.settled(target)
	s.apply(target, s.share(1000))
	if b := s.observe(target); a.Object == "" || a.Object != b.Object {
		s.Fatalf("the identity changed from %q to %q by a change of traffic", a.Object, b.Object)
	}
	if s.h.Traits().Nameless {
		s.Log("this platform gives what is made anew no other identity, and its revisions never the names of others")
		return
	}
	s.h.Recreate(s.T)
	o, err := s.h.Target(s.T).Observe(s.ctx())
	if err != nil {
		s.Fatal(err)
	}
	if o.Object == a.Object {
		s.Fatalf("another target of the same name has the same identity %q", o.Object)
	}
}

func inFlight(s *sitting) {
	o := s.settled(s.h.Target(s.T))
	if o.InFlight != s.h.Traits().InFlight || o.Pinned != s.h.Traits().Pinned {
		s.Fatalf("in flight %s, pinned %s; want %s and %s", o.InFlight, o.Pinned, s.h.Traits().InFlight, s.h.Traits().Pinned)
	}
}

func gone(s *sitting) {
	_, err := s.h.Nowhere(s.T).Observe(s.ctx())
	s.is(err, rollout.ErrGone)
}

func denied(s *sitting) {
	write, read := s.h.Permissions()
	target := s.h.Target(s.T)
	o := s.settled(target)
	before := s.h.Writes()
	remove := s.h.Fault(s.T, DenyWrites)
	err := target.Apply(s.ctx(), s.share(1000), o.Token)
	s.is(err, rollout.ErrDenied)
	if !strings.Contains(err.Error(), write) {
		s.Errorf("the error does not name %s: %v", write, err)
	}
	remove()
	if s.h.Writes() != before {
		s.Error("a denied write took effect")
	}
	remove = s.h.Fault(s.T, DenyReads)
	_, err = s.h.Target(s.T).Observe(s.ctx())
	s.is(err, rollout.ErrDenied)
	if !strings.Contains(err.Error(), read) {
		s.Errorf("the error does not name %s: %v", read, err)
	}
	remove()
}

func throttled(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	remove := s.h.Fault(s.T, ThrottleTwice)
	if err := target.Apply(s.ctx(), s.share(1000), o.Token); err != nil {
		s.Fatalf("a throttled write: %v", err)
	}
	remove()
	remove = s.h.Fault(s.T, UnavailableTwice)
	s.settled(target)
	remove()
	s.shows(s.settled(target), s.share(1000))
}

func subject(s *sitting) {
	target := s.h.Target(s.T)
	s.apply(target, s.share(1000))
	of, err := target.Subject(s.ctx(), s.h.New())
	if err != nil {
		s.Fatal(err)
	}
	if of.Revision != s.h.New() || of.Facts["revision"] != string(s.h.New()) || of.Facts["content"] == "" {
		s.Errorf("described as %+v", of)
	}
	if of.ServiceURL != nil {
		s.Error("the users' own way in is named although their answers come from elsewhere")
	}
	other, err := target.Subject(s.ctx(), s.h.Old())
	if err != nil {
		s.Fatal(err)
	}
	if other.Facts["content"] == of.Facts["content"] {
		s.Error("two revisions of different content have the same")
	}
	s.apply(target, s.share(rollout.Whole))
	if of, err = target.Subject(s.ctx(), s.h.New()); err != nil || of.ServiceURL == nil {
		s.Fatalf("with all traffic no way of the users is told (%v)", err)
	}
	if at, err := of.ServiceURL(s.ctx()); err != nil || at == "" {
		s.Errorf("with all traffic the users' way in is %q (%v)", at, err)
	}
}

func (s *sitting) maker(broken bool) (rollout.Target, rollout.Maker, bool) {
	target, maker := s.h.Maker(s.T, broken)
	if maker == nil {
		s.Log("this platform makes no revision")
	}
	return target, maker, maker != nil
}

func makesAtZero(s *sitting) {
	target, maker, ok := s.maker(false)
	if !ok {
		return
	}
	if r, err := maker.Find(s.ctx()); err != nil || r != "" {
		s.Fatalf("found %q (%v) before it was made", r, err)
	}
	o := s.settled(target)
	before := s.h.Foreign(s.T)
	made, err := maker.Make(s.ctx(), o.Token)
	if err != nil {
		s.Fatal(err)
	}
	o = s.ready(target, made)
	s.shows(o, s.share(0))
	if after := s.h.Foreign(s.T); after != before {
		s.Errorf("making changed what is not ours\nfrom %s\nto   %s", before, after)
	}
	of, err := target.Subject(s.ctx(), made)
	if err != nil {
		s.Fatal(err)
	}
	keep := s.share(0)
	keep.Keep = []rollout.Revision{made}
	if o = s.apply(target, keep); !o.Routing.Keeps(made) {
		s.Errorf("what was made cannot be kept reachable at 0 %%; kept are %v", o.Routing.Keep)
	}
	want, err := maker.Content(s.ctx())
	if err != nil || of.Facts["content"] != want {
		s.Errorf("what was made has content %s, wanted was %s (%v)", of.Facts["content"], want, err)
	}
}

// ready observes until a revision has become ready.
func (s *sitting) ready(t rollout.Target, r rollout.Revision) rollout.Observation {
	s.Helper()
	for range 1000 {
		o := s.observe(t, r)
		if o.Settled && o.Health[r].State == rollout.Ready {
			return o
		}
		s.h.Clock().Advance(time.Second)
	}
	s.Fatalf("%s does not become ready", r)
	return rollout.Observation{}
}

func makesOnce(s *sitting) {
	target, maker, ok := s.maker(false)
	if !ok {
		return
	}
	first, err := maker.Make(s.ctx(), s.settled(target).Token)
	if err != nil {
		s.Fatal(err)
	}
	s.ready(target, first)
	target, maker, _ = s.maker(false) // another process, the same wish
	o := s.settled(target, first)
	before := s.h.Writes()
	if r, err := maker.Find(s.ctx()); err != nil || r != first {
		s.Errorf("found %q (%v), want %q", r, err, first)
	}
	if r, err := maker.Make(s.ctx(), o.Token); err != nil || r != first {
		s.Errorf("made %q (%v), want %q", r, err, first)
	}
	if s.h.Writes() != before {
		s.Error("making what exists wrote something")
	}
}

func makesOnceLost(s *sitting) {
	target, maker, ok := s.maker(false)
	if !ok {
		return
	}
	o := s.settled(target)
	remove := s.h.Fault(s.T, LoseTheAnswer)
	_, err := maker.Make(s.ctx(), o.Token)
	remove()
	if err == nil || errors.Is(err, rollout.ErrConflict) {
		s.Fatalf("a lost answer is reported as %v", err)
	}
	writes := s.h.Writes()
	made, err := maker.Make(s.ctx(), s.settled(target).Token)
	if err != nil || made == "" {
		s.Fatalf("the second attempt: %q, %v", made, err)
	}
	if s.h.Writes() != writes {
		s.Error("the second attempt made a second revision")
	}
}

func makesAgain(s *sitting) {
	target, maker, ok := s.maker(true)
	if !ok {
		return
	}
	first, err := maker.Make(s.ctx(), s.settled(target).Token)
	if err != nil {
		s.Fatal(err)
	}
	o := s.settled(target, first)
	if h := o.Health[first]; h.State != rollout.Broken || h.Reason == "" {
		s.Fatalf("%s is %s, reason %q; the harness wanted it broken", first, h.State, h.Reason)
	}
	s.shows(o, s.share(0))
	target, maker, _ = s.maker(true)
	if r, err := maker.Find(s.ctx()); err != nil || r != "" {
		s.Fatalf("found %q (%v), which is broken", r, err)
	}
	second, err := maker.Make(s.ctx(), s.settled(target).Token)
	if err != nil || second == first {
		s.Fatalf("made %q (%v) after %q was broken", second, err, first)
	}
	s.shows(s.settled(target), s.share(0))
}
