package engine_test

// The mistakes, by file and in the order of the code.
var mutants = []mutant{
	{
		file: "next.go", breaks: "a second write while a change of several writes is under way",
		old: "!s.Shows.Settled && !s.overdue(ForSettling)",
		new: "!s.Shows.Settled && s.overdue(ForSettling)",
	},
	{
		file: "next.go", breaks: "a way home that was cut in the middle is finished as a promotion",
		old: "\tcase s.Asked == nil:\n\tcase s.Lost:",
		new: "\tcase true:\n\tcase s.Lost:",
	},
	{
		file: "next.go", breaks: "what was taken is asked for again at every look",
		old: "\tcase s.Lost:\n",
		new: "\tcase true:\n",
	},
	{
		file: "next.go", breaks: "a change that stays half done is waited for without end",
		old: "case s.overdue(ForArrival) || s.overdue(ForSettling):",
		new: "case false:",
	},
	{
		file: "next.go", breaks: "another promotion is finished than the one that was cut",
		old: "\tto := s.Shows.Routing.Default\n",
		new: "\tto := s.Candidate\n",
	},
	{
		file: "next.go", breaks: "finishing what was cut forgets the way home",
		old: "Home: s.Shows.Routing.Home, Keep: s.Shows.Routing.Keep}},",
		new: "Keep: s.Shows.Routing.Keep}},",
	},
	{
		file: "next.go", breaks: "another target of the same name is taken for the first",
		old: "s.Found != nil && s.Shows.Object != s.Found.Object",
		new: "false",
	},
	{
		file: "next.go", breaks: "whoever moves traffic back by hand is taken for a write on its way",
		old: "!s.Seen && s.Shows.Routing.Same(*s.Replaced)",
		new: "s.Shows.Routing.Same(*s.Replaced)",
	},
	{
		file: "next.go", breaks: "somebody else who moves traffic is taken for a write on its way",
		old: "!s.Seen && s.Shows.Routing.Same(*s.Replaced)",
		new: "!s.Seen",
	},
	{
		file: "next.go", breaks: "a write that never arrives is waited for without end",
		old: "\t\tif s.overdue(ForArrival) {\n\t\t\treturn do(Finish{Halted}",
		new: "\t\tif false {\n\t\t\treturn do(Finish{Halted}",
	},
	{
		file: "next.go", breaks: "whoever moves traffic by hand is overwritten",
		old: `return do(Finish{Halted}, "somebody else moved traffic`,
		new: `return do(Apply{*s.Asked}, "somebody else moved traffic`,
	},
	{
		file: "next.go", breaks: "a change while nothing was written is not told as one",
		old: "\tif !s.wrote() {\n\t\treturn do(Finish{NothingMoved}, \"traffic was changed",
		new: "\tif false {\n\t\treturn do(Finish{NothingMoved}, \"traffic was changed",
	},
	{
		file: "next.go", breaks: "with a stop the way home waits for a rise to show",
		old: "if s.Stop != nil || s.arrived() {",
		new: "if s.arrived() {",
	},
	{
		file: "next.go", breaks: "a stop before the first write leaves the candidate with its share",
		old: "!s.idle() || s.wrote() &&",
		new: "s.wrote() &&",
	},
	{
		file: "next.go", breaks: "our marks are left where nothing had moved",
		old: "!s.idle() || s.wrote() && len(s.Shows.Routing.Split) > 0",
		new: "!s.idle()",
	},
	{
		file: "next.go", breaks: "a candidate without evidence keeps its share",
		old: "!s.candidateHasAll() || s.Stop.Kind != Unverified",
		new: "s.Stop.Kind != Unverified",
	},
	{
		file: "next.go", breaks: "a deadline after promotion moves all traffic back",
		old: " && s.Stop.Kind != OutOfTime {",
		new: " {",
	},
	{
		file: "next.go", breaks: "missing evidence after promotion moves all traffic back",
		old: "s.Stop.Kind != Unverified && s.Stop.Kind != OutOfTime",
		new: "s.Stop.Kind != OutOfTime",
	},
	{
		file: "next.go", breaks: "on_interrupt is read from on_failure",
		old: "return s.Ladder.OnInterrupt == Stay",
		new: "return s.Ladder.OnFailure == Stay",
	},
	{
		file: "next.go", breaks: "on_failure is read from on_interrupt",
		old: "return s.Ladder.OnFailure == Stay",
		new: "return s.Ladder.OnInterrupt == Stay",
	},
	{
		file: "next.go", breaks: "home is gone to beyond the point of no return",
		old: "\tcase s.Beyond():\n",
		new: "\tcase false:\n",
	},
	{
		file: "next.go", breaks: "what was taken beyond the point of no return is not waited for, and state does not know it",
		old: "case s.Beyond() && !s.arrived() && !s.Hurried:",
		new: "case false:",
	},
	{
		file: "next.go", breaks: "an interrupted process waits beyond the point of no return until it is killed",
		old: "case s.Beyond() && !s.arrived() && !s.Hurried:",
		new: "case s.Beyond() && !s.arrived():",
	},
	{
		file: "next.go", breaks: "an earlier candidate beyond the point of no return loses what it has",
		old: "if r := s.Stranded(); r != \"\" {",
		new: "if r := s.Stranded(); false {",
	},
	{
		file: "situation.go", breaks: "a promotion that was taken and does not show yet is written over by the way home",
		old: "s.closes(s.Shows.Routing) || s.wrote() && !s.Seen && taken && s.closes(*s.Asked)",
		new: "s.closes(s.Shows.Routing) || taken && s.closes(rollout.Routing{})",
	},
	{
		file: "situation.go", breaks: "home is gone to though it is known that nobody can go back",
		old: "return s.NoWayBack || s.closes",
		new: "return s.closes",
	},
	{
		file: "situation.go", breaks: "a promotion that may not have been taken keeps a bad candidate from going home",
		old: "taken := !s.Lost || s.Shows.Token != s.Against",
		new: "taken := true",
	},
	{
		file: "situation.go", breaks: "a promotion whose answer was lost is written over, though the platform has taken it",
		old: "taken := !s.Lost || s.Shows.Token != s.Against",
		new: "taken := !s.Lost",
	},
	{
		file: "situation.go", breaks: "who is the platform's default counts as if nobody reached it",
		old: "share = max(share, 1) // some may reach it",
		new: "share = max(share, 0)",
	},
	{
		file: "situation.go", breaks: "a merge that was reverted beyond the point of no return takes everybody back",
		old: "r != s.Candidate && (r != s.Home || s.undoes()) && s.Point",
		new: "r != s.Candidate && r != s.Home && s.Point",
	},
	{
		file: "situation.go", breaks: "who is home is taken for somebody beyond the point of no return",
		old: "r != s.Candidate && (r != s.Home || s.undoes()) && s.Point",
		new: "r != s.Candidate && s.Point",
	},
	{
		file: "../runner/process.go", breaks: "the point of no return is forgotten",
		old: "Point: r.Point, Settle",
		new: "Settle",
	},
	{
		file: "../runner/process.go", breaks: "nobody is told that the point of no return lies behind",
		old: "r.Beyond = p.s.Beyond()",
		new: "r.Beyond = false",
	},
	{
		file: "next.go", breaks: "traffic goes home to a broken revision",
		old: "case s.homeState() != rollout.Ready:",
		new: "case s.homeState() == rollout.Missing:",
	},
	{
		file: "next.go", breaks: "a home that is still starting is given up",
		old: "case s.homeState() == rollout.Starting && !s.overdue(ForHome):",
		new: "case false:",
	},
	{
		file: "next.go", breaks: "a way home that is refused is tried without end",
		old: "case s.Stop.Refused:",
		new: "case false:",
	},
	{
		file: "next.go", breaks: "a way home that is done is called lost when home breaks",
		old: `s.Stop == nil || s.Home != "" && s.homeHasAll()`,
		new: "s.Stop == nil",
	},
	{
		file: "next.go", breaks: "a target that is busy with somebody else's change is written to",
		old: "if s.Shows.Settled || s.wrote() {",
		new: "if s.Shows.Settled || s.wrote() || s.Stop == nil {",
	},
	{
		file: "next.go", breaks: "unsettled is ignored",
		old: "\tif s.Shows.Settled {\n\t\treturn none()\n\t}\n\tif s.overdue(ForSettling) {\n\t\treturn stop(",
		new: "\tif s.Shows.Settled || s.wrote() {\n\t\treturn none()\n\t}\n\tif s.overdue(ForSettling) {\n\t\treturn stop(",
	},
	{
		file: "next.go", breaks: "a change that never settles is waited for without end",
		old: "\tif s.overdue(ForSettling) {\n\t\treturn stop(",
		new: "\tif false {\n\t\treturn stop(",
	},
	{
		file: "next.go", breaks: "blocked content keeps the share that it has",
		old: "\tif s.idle() {\n\t\twho :=",
		new: "\tif true {\n\t\twho :=",
	},
	{
		file: "next.go", breaks: "everything goes back to what our mark names, though it is broken",
		old: "s.undoes() && s.Shows.Health[s.Candidate].State == rollout.Ready &&",
		new: "s.undoes() &&",
	},
	{
		file: "next.go", breaks: "everything goes back to what has no room for it",
		old: " && s.Shows.Room[s.Candidate] == rollout.Whole {",
		new: " {",
	},
	{
		file: "next.go", breaks: "a split that nobody explains is climbed on",
		old: `if len(s.Shows.Routing.Split) < 2 || s.Home != "" {`,
		new: `if len(s.Shows.Routing.Split) < 3 || s.Home != "" {`,
	},
	{
		file: "next.go", breaks: "an outsider's traffic goes to a home that is not ready",
		old: "\t\t\tif ok {\n\t\t\t\treturn d, ok\n\t\t\t}\n\t\t\treturn do(Apply{s.homeward",
		new: "\t\t\tif ok && false {\n\t\t\t\treturn d, ok\n\t\t\t}\n\t\t\treturn do(Apply{s.homeward",
	},
	{
		file: "next.go", breaks: "an earlier candidate keeps its share unwatched",
		old: "if r != s.Home && r != s.Candidate {",
		new: "if false {",
	},
	{
		file: "next.go", breaks: "a third one that has everything is passed over",
		old: "\tif s.Home == \"\" {\n\t\treturn none()\n\t}\n\tfor _, r",
		new: "\tif len(s.Shows.Routing.Split) < 2 {\n\t\treturn none()\n\t}\n\tfor _, r",
	},
	{
		file: "next.go", breaks: "a candidate that breaks is waited for",
		old: "\tcase h.State == rollout.Broken:\n\t\treturn stop(",
		new: "\tcase false:\n\t\treturn stop(",
	},
	{
		file: "next.go", breaks: "what was just made and does not show yet is called missing",
		old: "h.State == rollout.Missing && !s.Made",
		new: "h.State == rollout.Missing",
	},
	{
		file: "next.go", breaks: "a create that died in the watch is called unchanged",
		old: `home == "" && (s.Candidate == s.Promoted || s.Create && !s.wrote())`,
		new: "s.Create || home == \"\" && s.Candidate == s.Promoted",
	},
	{
		file: "next.go", breaks: "whatever has all traffic counts as promoted",
		old: `home == "" && (s.Candidate == s.Promoted || s.Create && !s.wrote())`,
		new: `home == ""`,
	},
	{
		file: "next.go", breaks: "a return ends without its watch",
		old: "s.wrote() && (!s.unmarking() || !s.Found.Routing.HasAll(s.Candidate))",
		new: "false",
	},
	{
		file: "next.go", breaks: "a candidate that is still starting gets traffic",
		old: "\tif h.State == rollout.Ready {\n\t\treturn none()",
		new: "\tif h.State != rollout.Missing {\n\t\treturn none()",
	},
	{
		file: "next.go", breaks: "a candidate that never starts is waited for without end",
		old: "if s.overdue(ForReady) {",
		new: "if false {",
	},
	{
		file: "next.go", breaks: "traffic rises before the way home is marked",
		old: "shown.Home == s.Home && shown.Keeps(s.Candidate)",
		new: "shown.Home == s.Home || shown.Keeps(s.Candidate)",
	},
	{
		file: "next.go", breaks: "the mark moves traffic",
		old: "\twant := shown\n\twant.Home, want.Keep = s.Home,",
		new: "\twant := s.toCandidate(s.Ladder.next(0))\n\twant.Home, want.Keep = s.Home,",
	},
	{
		file: "next.go", breaks: "a first deployment skips its bake",
		old: "\t\towed = s.Ladder.bake(0)\n",
		new: "\t\towed = 0\n",
	},
	{
		file: "next.go", breaks: "a first deployment skips its probes",
		old: "s.watchFor(owed, s.Probes, false)",
		new: "s.watchFor(owed, nil, false)",
	},
	{
		file: "next.go", breaks: "what is promoted is called a return",
		old: "contains(s.Before, s.Candidate) && s.Candidate != s.Promoted && ",
		new: "contains(s.Before, s.Candidate) && ",
	},
	{
		file: "next.go", breaks: "a return does not climb though it shall",
		old: " && !s.Ladder.ReturnBySteps\n",
		new: "\n",
	},
	{
		file: "next.go", breaks: "a merge that is reverted in the middle climbs the ladder",
		old: "\tif !before && !s.undoes() {",
		new: "\tif !before {",
	},
	{
		file: "next.go", breaks: "one_step never raises",
		old: "if !s.Ladder.OneStep || !s.raised() {",
		new: "if !s.Ladder.OneStep {",
	},
	{
		file: "next.go", breaks: "one_step leaves a share with a candidate that fails",
		old: "\t\tif v.Outcome == rollout.Fail {\n\t\t\treturn stop(Failed, \"%s\", v.Why)\n\t\t}\n\t\tif v.Decides()",
		new: "\t\tif v.Decides()",
	},
	{
		file: "next.go", breaks: "one_step ends without a look",
		old: "if v.Decides() && v.At.Before(s.SettledAt) || v.At.IsZero() {",
		new: "if false {",
	},
	{
		file: "next.go", breaks: "hold_at skips its bake",
		old: "\tif d, ok := s.watchFor(s.Ladder.bake(s.weight()), owed, gates); ok {\n\t\treturn d, true\n\t}\n\treturn do(Finish{Held}",
		new: "\tif d, ok := s.watchFor(s.Ladder.bake(s.weight()), owed, gates); ok && false {\n\t\treturn d, true\n\t}\n\treturn do(Finish{Held}",
	},
	{
		file: "next.go", breaks: "the bake at 0 % is skipped",
		old: "if s.weight() == 0 && !s.Ladder.startsAtZero() {",
		new: "if s.weight() == 0 {",
	},
	{
		file: "next.go", breaks: "a rise beyond what the candidate can take",
		old: "return s.waitForRoom(s.Ladder.next(s.weight()), owed, gates)",
		new: "return s.waitForRoom(s.weight(), owed, gates)",
	},
	{
		file: "next.go", breaks: "a rung is jumped",
		old: "\tnext := s.Ladder.next(s.weight())\n",
		new: "\tnext := s.Ladder.next(s.Ladder.next(s.weight()))\n",
	},
	{
		file: "back.go", breaks: "home is called done before it has settled",
		old: "moveHome, settleHome, drainHome, lookAtHome, unmarkHome}",
		new: "moveHome, drainHome, lookAtHome, unmarkHome}",
	},
	{
		file: "back.go", breaks: "the drain is skipped on the way home",
		old: "settleHome, drainHome, lookAtHome, unmarkHome}",
		new: "settleHome, lookAtHome, unmarkHome}",
	},
	{
		file: "back.go", breaks: "nobody looks at what serves again",
		old: "drainHome, lookAtHome, unmarkHome}",
		new: "drainHome, unmarkHome}",
	},
	{
		file: "back.go", breaks: "never unmark on the way home",
		old: "lookAtHome, unmarkHome}",
		new: "lookAtHome}",
	},
	{
		file: "back.go", breaks: "the way home is unmarked before it is done",
		old: "drainHome, lookAtHome, unmarkHome}",
		new: "unmarkHome, drainHome, lookAtHome}",
	},
	{
		file: "back.go", breaks: "missing evidence is told as a failure of the candidate",
		old: "\tif s.Stop.Kind == Unverified {",
		new: "\tif false {",
	},
	{
		file: "back.go", breaks: "a stop before traffic moved is told as a rollback",
		old: "\tif !s.Moved {\n\t\treturn do(Finish{NothingMoved}, \"%s; no traffic had moved: %s\", s.Stop.Why, s.serving())\n\t}\n\tif s.Stop.Kind",
		new: "\tif s.Stop.Kind",
	},
	{
		file: "back.go", breaks: "a rise that is still on its way arrives after everything was home",
		old: "if !s.wrote() || s.Seen || s.Asked.HasAll(s.Home) {",
		new: "if true {",
	},
	{
		file: "back.go", breaks: "a way home whose answer was lost is waited for, and never asked for again",
		old: "s.wrote() && !s.Seen && !s.Lost && s.Asked",
		new: "s.wrote() && !s.Seen && s.Asked",
	},
	{
		file: "back.go", breaks: "the way home is asked for again at every look",
		old: "case s.wrote() && !s.Seen && !s.Lost && s.Asked.Split[s.Home] > has:",
		new: "case false:",
	},
	{
		file: "back.go", breaks: "a home with room for everything is given it in part",
		old: "case room >= rollout.Whole:",
		new: "case room > rollout.Whole:",
	},
	{
		file: "back.go", breaks: "home is given more than it can take",
		old: "case room >= rollout.Whole:",
		new: "case true:",
	},
	{
		file: "back.go", breaks: "home is given what it has, again and again",
		old: "case room > has && len",
		new: "case room >= has && len",
	},
	{
		file: "back.go", breaks: "room at home is waited for without end",
		old: "\tcase s.overdue(ForRoom):\n",
		new: "\tcase false:\n",
	},
	{
		file: "back.go", breaks: "the platform's default goes home before home has room",
		old: "\t\twant.Default = shown.Default\n",
		new: "",
	},
	{
		file: "back.go", breaks: "a way home that does not settle is waited for without end",
		old: "\tif s.overdue(ForSettling) {\n\t\tif !s.Moved",
		new: "\tif false {\n\t\tif !s.Moved",
	},
	{
		file: "back.go", breaks: "an interrupted process waits for the drain",
		old: "func drainHome(s Situation) (Decision, bool) {\n\tif s.Hurried || !s.Moved {",
		new: "func drainHome(s Situation) (Decision, bool) {\n\tif !s.Moved {",
	},
	{
		file: "back.go", breaks: "a candidate that never had traffic is drained",
		old: "func drainHome(s Situation) (Decision, bool) {\n\tif s.Hurried || !s.Moved {",
		new: "func drainHome(s Situation) (Decision, bool) {\n\tif s.Hurried {",
	},
	{
		file: "back.go", breaks: "an interrupted process takes the time for a probe",
		old: "func lookAtHome(s Situation) (Decision, bool) {\n\tif s.Hurried || !s.Moved {",
		new: "func lookAtHome(s Situation) (Decision, bool) {\n\tif !s.Moved {",
	},
	{
		file: "back.go", breaks: "a dry-run probe holds up the way home",
		old: "!v.At.After(s.Stop.At) && !v.Gate.DryRun",
		new: "!v.At.After(s.Stop.At)",
	},
	{
		file: "back.go", breaks: "an interrupted process makes a second write",
		old: "\tif s.Hurried || s.Stop.Refused || !s.marked()",
		new: "\tif s.Stop.Refused || !s.marked()",
	},
	{
		file: "back.go", breaks: "a refused process tries to remove its marks without end",
		old: "\tif s.Hurried || s.Stop.Refused || !s.marked()",
		new: "\tif s.Hurried || !s.marked()",
	},
	{
		file: "back.go", breaks: "marks that do not go are waited for without end",
		old: `s.Shows.Routing.Home == "" && !s.Shows.Marked || s.overdue(ForArrival)`,
		new: `s.Shows.Routing.Home == "" && !s.Shows.Marked`,
	},
	{
		file: "back.go", breaks: "the watch is skipped",
		old: "if s.Ladder.Watch > 0 {",
		new: "if false {",
	},
	{
		file: "back.go", breaks: "gates without a watch go on after promotion",
		old: "if s.Ladder.Watch > 0 {",
		new: "if true {",
	},
	{
		file: "back.go", breaks: "the drain is skipped after promotion",
		old: "end := s.since().Add(s.drain())",
		new: "end := s.since()",
	},
	{
		file: "back.go", breaks: "never unmark after promotion",
		old: "\tif s.marked() {",
		new: "\tif false {",
	},
	{
		file: "next.go", breaks: "a mark that names nobody stays for ever",
		old: `case s.Candidate == s.Promoted && (home != "" || s.Shows.Marked):`,
		new: `case s.Candidate == s.Promoted && home != "":`,
	},
	{
		file: "../runner/act.go", breaks: "a gate that cannot work takes users off who were there",
		old: "p.s.Stop != nil || p.s.Asked != nil || p.baseline()",
		new: "true",
	},
	{
		file: "situation.go", breaks: "the candidate's own address is left for good",
		old: `s.Shows.Routing.Home != "" || len(s.Shows.Routing.Keep) > 0 || s.Shows.Marked`,
		new: `s.Shows.Routing.Home != "" || s.Shows.Marked`,
	},
	{
		file: "home.go", breaks: "traffic goes back to whom a person has fled",
		old: "contains(others, m.Promoted) && !m.Shunned",
		new: "contains(others, m.Promoted)",
	},
	{
		file: "home.go", breaks: "our mark wins over what a person configured",
		old: "m.Configured, shows.Home, shows.Default",
		new: "shows.Home, m.Configured, shows.Default",
	},
	{
		file: "home.go", breaks: "the platform's default wins over our mark",
		old: "shows.Home, shows.Default, only",
		new: "shows.Default, shows.Home, only",
	},
	{
		file: "home.go", breaks: "state wins over what has all traffic",
		old: "shows.Split.Sole(), m.Configured",
		new: "m.Configured, shows.Split.Sole()",
	},
	{
		file: "home.go", breaks: "home is the candidate",
		old: `if r != "" && r != candidate {`,
		new: `if r != "" {`,
	},
	{
		file: "home.go", breaks: "what a reverted merge had brought is gone home to",
		old: "\t\tranked = ranked[:2]\n",
		new: "\t\tranked = ranked[:5]\n",
	},
	{
		file: "home.go", breaks: "home is what has no traffic",
		old: "if contains(others, m.Promoted) && !m.Shunned {",
		new: `if m.Promoted != "" && !m.Shunned {`,
	},
	{
		file: "home.go", breaks: "on a create a split of somebody else is taken for ours",
		old: "case left == nil && len(shows.Split) < 2:",
		new: "case left == nil:",
	},
	{
		file: "home.go", breaks: "three that serve are taken for ours",
		old: "len(shows.Split) > 2",
		new: "len(shows.Split) > 3",
	},
	{
		file: "home.go", breaks: "a split without the home that our mark names is taken for ours",
		old: "\treturn homeServes || len(shows.Split) < 2",
		new: "\treturn homeServes || true",
	},
	{
		file: "home.go", breaks: "the way home names what cannot serve, so that the platform refuses it",
		old: "\t\tif s.Shows.Health[v].State == rollout.Ready {",
		new: "\t\tif true {",
	},
	{
		file: "home.go", breaks: "the way home is unmarked before it has arrived",
		old: "\twant := rollout.Routing{Split: rollout.All(r), Home: s.Shows.Routing.Home}",
		new: "\twant := rollout.Routing{Split: rollout.All(r)}",
	},
	{
		file: "home.go", breaks: "the platform's default stays with the candidate",
		old: "\t\twant.Default = r\n",
		new: "\t\twant.Default = s.Shows.Routing.Default\n",
	},
	{
		file: "home.go", breaks: "a rise removes the mark of the way home",
		old: "want := rollout.Routing{Home: s.Home, Keep:",
		new: "want := rollout.Routing{Keep:",
	},
	{
		file: "home.go", breaks: "a promotion leaves the platform's default behind",
		old: "\t\t\twant.Default = s.Candidate\n",
		new: "",
	},
	{
		file: "home.go", breaks: "traffic rises though home is not ready",
		old: `if s.Home == "" || s.homeState() == rollout.Ready {`,
		new: `if s.Home == "" || s.homeState() != rollout.Broken {`,
	},
	{
		file: "home.go", breaks: "a home that never becomes ready is waited for without end",
		old: "if s.overdue(ForHome) {",
		new: "if false {",
	},
	{
		file: "home.go", breaks: "what fails while room is waited for is not noticed",
		old: "\t\tif v.Decides() && v.Outcome == rollout.Fail {\n\t\t\treturn stop(",
		new: "\t\tif false {\n\t\t\treturn stop(",
	},
	{
		file: "home.go", breaks: "a rise beyond the room that there is",
		old: "if room >= w {",
		new: "if room > 0 {",
	},
	{
		file: "home.go", breaks: "room is waited for without end",
		old: "\tif s.overdue(ForRoom) {",
		new: "\tif false {",
	},
	{
		file: "home.go", breaks: "gates rest while something is waited for",
		old: "\tif len(verdicts) > 0 {",
		new: "\tif false {",
	},
	{
		file: "home.go", breaks: "requests in flight are cut",
		old: "return s.Shows.Pinned + s.Shows.InFlight",
		new: "return s.Shows.Pinned",
	},
	{
		file: "judge.go", breaks: "gates on users' traffic are owed where there is none",
		old: "if s.weight() == 0 || s.firstDeployment() {",
		new: "if s.firstDeployment() {",
	},
	{
		file: "judge.go", breaks: "a first deployment is compared with nobody",
		old: "if s.weight() == 0 || s.firstDeployment() {",
		new: "if s.weight() == 0 {",
	},
	{
		file: "judge.go", breaks: "a dry run decides",
		old: "case !v.Decides() || passed(v, start):",
		new: "case passed(v, start):",
	},
	{
		file: "judge.go", breaks: "a failed gate is not noticed",
		old: "\t\tcase v.Outcome == rollout.Fail:\n\t\t\treturn stop(",
		new: "\t\tcase false:\n\t\t\treturn stop(",
	},
	{
		file: "judge.go", breaks: "evidence that never comes is waited for without end",
		old: "\t\tcase late(v, start, owed):",
		new: "\t\tcase false:",
	},
	{
		file: "judge.go", breaks: "the bake is skipped",
		old: "over := !s.Now.Before(end)",
		new: "over := true",
	},
	{
		file: "judge.go", breaks: "the bake never ends",
		old: "over := !s.Now.Before(end)",
		new: "over := s.Now.After(end)",
	},
	{
		file: "judge.go", breaks: "a rise without a verdict",
		old: `	case over && lacking == "":`,
		new: "\tcase over:",
	},
	{
		file: "judge.go", breaks: "no data passes",
		old: "v.Outcome == rollout.Pass && !v.At",
		new: "v.Outcome != rollout.Fail && !v.At",
	},
	{
		file: "judge.go", breaks: "verdicts from before the split are accepted",
		old: "!v.At.IsZero() && !v.Window.Start.Before(start)\n",
		new: "!v.At.IsZero()\n",
	},
	{
		file: "judge.go", breaks: "a young breach at the end of a bake counts as absent",
		old: "return !v.Breaching && !v.At",
		new: "return !v.At",
	},
	{
		file: "judge.go", breaks: "wait_for is ignored",
		old: "limit := start.Add(max(owed, v.Gate.WaitFor))",
		new: "limit := start.Add(owed)",
	},
	{
		file: "judge.go", breaks: "absence fails before the bake is over",
		old: "limit := start.Add(max(owed, v.Gate.WaitFor))",
		new: "limit := start.Add(v.Gate.WaitFor)",
	},
	{
		file: "judge.go", breaks: "a window reaches back before the split",
		old: "if w.Start.Before(t.Since) || t.Unattended",
		new: "if t.Unattended",
	},
	{
		file: "judge.go", breaks: "what happened while nobody looked is not looked at",
		old: "w.Start.Before(t.Since) || t.Unattended && t.last.At.IsZero()",
		new: "w.Start.Before(t.Since)",
	},
	{
		file: "judge.go", breaks: "min_samples is ignored",
		old: "\tcase m.Samples < t.Gate.MinSamples:\n",
		new: "\tcase false:\n",
	},
	{
		file: "judge.go", breaks: "no data is judged as a value",
		old: "\tcase err != nil || m.Samples == 0:\n",
		new: "\tcase err != nil:\n",
	},
	{
		file: "judge.go", breaks: "one payment error waits for a hundred requests",
		old: "\tcase t.Gate.Count && t.Gate.Exceeds(m.Value):\n",
		new: "\tcase false:\n",
	},
	{
		file: "judge.go", breaks: "ten orders in five minutes are missed after one",
		old: "\tcase t.Gate.Count && !t.full(w):\n",
		new: "\tcase false:\n",
	},
	{
		file: "judge.go", breaks: "what counting did not end at is taken for all there is",
		old: "\tcase m.AtLeast && !t.Gate.Exceeds(m.Value):\n",
		new: "\tcase false:\n",
	},
	{
		file: "judge.go", breaks: `on_no_data = "fail" is ignored`,
		old: "absent && t.Gate.OnNoData == rollout.AbsenceWaits:",
		new: "absent:",
	},
	{
		file: "judge.go", breaks: "a window that has hardly begun fails for want of data",
		old: "case absent && !t.full(w) && err == nil:",
		new: "case false:",
	},
	{
		file: "judge.go", breaks: "for and failures_allowed are ignored",
		old: "\t\tif t.forgives(at) {",
		new: "\t\tif false {",
	},
	{
		file: "judge.go", breaks: "a spike is never forgotten",
		old: "\t\tt.breaches, t.breachSince = 0, time.Time{}\n",
		new: "",
	},
	{
		file: "judge.go", breaks: "a window that is not full passes",
		old: "level == rollout.Good && t.full(w)",
		new: "level == rollout.Good",
	},
	{
		file: "judge.go", breaks: "a value between the limits passes",
		old: "level == rollout.Good && t.full(w)",
		new: "t.full(w)",
	},
	{
		file: "judge.go", breaks: "a full window from before the split passes",
		old: "!w.Start.Before(t.Since) && w.Length()",
		new: "w.Length()",
	},
	{
		file: "judge.go", breaks: "a night of breaches is as young as the look at it",
		old: "\t\tif w.Length() > t.Gate.Window {",
		new: "\t\tif false {",
	},
	{
		file: "judge.go", breaks: "for is one look too long",
		old: "t.lasted(at) < t.Gate.For",
		new: "t.lasted(at) <= t.Gate.For",
	},
	{
		file: "judge.go", breaks: "the last look of a breach stands for nothing",
		old: ".Round(t.Gate.Interval) + t.Gate.Interval",
		new: ".Round(t.Gate.Interval)",
	},
	{
		file: "judge.go", breaks: "looks that come late make a breach shorter",
		old: "at.Sub(t.breachSince).Round(t.Gate.Interval)",
		new: "at.Sub(t.breachSince).Truncate(t.Gate.Interval)",
	},
	{
		file: "judge.go", breaks: "failures_allowed allows one less",
		old: "t.breaches <= t.Gate.FailuresAllowed",
		new: "t.breaches < t.Gate.FailuresAllowed",
	},
	{
		file: "next.go", breaks: "a write that was dropped is waited for",
		old: "	if s.dropped() {\n\t\treturn do(Apply{*s.Asked}, \"nobody knows",
		new: "	if false {\n\t\treturn do(Apply{*s.Asked}, \"nobody knows",
	},
	{
		file: "next.go", breaks: "a write that may be under way is asked for again",
		old: "!s.Lost || s.Against == \"\" || s.Shows.Token != s.Against",
		new: "!s.Lost",
	},
	{
		file: "next.go", breaks: "a share that no longer fits is asked for again",
		old: "(s.Shows.Room[r] < share || s.Shows.Health[r].State != rollout.Ready)",
		new: "s.Shows.Health[r].State != rollout.Ready",
	},
	{
		file: "next.go", breaks: "marks of an interrupted rollout stay for ever",
		old: `case s.Candidate == s.Promoted && (home != "" || s.Shows.Marked):`,
		new: "case s.Candidate == s.Promoted:\n\tcase false:",
	},
	{
		file: "home.go", breaks: "a way home that does not exist is waited for",
		old: "s.homeState() == rollout.Missing && !s.wrote()",
		new: "false",
	},
	{
		file: "home.go", breaks: "whoever takes traffic off by hand is taken for us, for our marks stay",
		old: "left == nil || !sameMarks(shows, *left) || l.climbed(*left, shows)",
		new: "true",
	},
	{
		file: "home.go", breaks: "what a dead process made after a hold is foreign",
		old: "!sameMarks(shows, *left) || l.climbed(*left, shows)",
		new: "l.climbed(*left, shows)",
	},
	{
		file: "home.go", breaks: "what a dead process raised after a hold is foreign",
		old: "!sameMarks(shows, *left) || l.climbed(*left, shows)",
		new: "!sameMarks(shows, *left)",
	},
	{
		file: "home.go", breaks: "somebody else's canary beside our marks is taken for ours",
		old: "r != shows.Home && len(shows.Keep) > 0 && !shows.Keeps(r)",
		new: "r == \"\"",
	},
	{
		file: "ladder.go", breaks: "a share that is no rung is taken for our rise",
		old: "(w == rollout.Whole || l.isRung(w))",
		new: "true",
	},
	{
		file: "back.go", breaks: "who stays reachable by itself is waited for as a mark",
		old: `s.Shows.Routing.Home == "" && !s.Shows.Marked || s.overdue(ForArrival)`,
		new: "s.overdue(ForArrival)",
	},
	{
		file: "../runner/act.go", breaks: "one bad answer of a dependency takes everybody home",
		old: "if !p.required || !f.Retry && (!p.owed(f) || described) {",
		new: "if true {",
	},
	{
		file: "../runner/act.go", breaks: "a requirement that stays unmet is waited for without end",
		old: "!passing || now.Sub(p.lacking) < passingTrouble",
		new: "true",
	},
	{
		file: "../runner/act.go", breaks: "a requirement gets none of the time that it was given",
		old: "if f.Again > 0 {",
		new: "if false {",
	},
	{
		file: "../runner/act.go", breaks: "a candidate that nobody has reached is judged while a requirement is waited for",
		old: "if !seen && !p.required {",
		new: "if false {",
	},
	{
		file: "../runner/act.go", breaks: "every look at a requirement that is waited for is told",
		old: `id := f.Check + " " + f.Object; p.lacks != id {`,
		new: `id := f.Check + " " + f.Object; true {`,
	},
	{
		file: "../runner/act.go", breaks: "what is advisory stops because it needs the candidate",
		old: `p.s.Candidate != "" && !f.Advisory`,
		new: `p.s.Candidate != ""`,
	},
	{
		file: "../runner/act.go", breaks: "users are left alone while a requirement is waited for",
		old: "p.measure(engine.Measure{Of: p.s.Candidate,",
		new: "_ = (engine.Measure{Of: p.s.Candidate,",
	},
	{
		file: "../runner/act.go", breaks: "what does not pass by itself is waited for",
		old: "!f.Retry && (!p.owed(f) || described)",
		new: "described && false",
	},
	{
		file: "../runner/process.go", breaks: "lost answers of writes that were taken add up",
		old: "\t\tp.again = 0 // a lost answer",
		new: "\t\t// a lost answer",
	},
	{
		file: "situation.go", breaks: "the watch is owed again while our marks go",
		old: "(o.Settled || s.unmarking())",
		new: "o.Settled",
	},
	{
		file: "situation.go", breaks: "what was asked for and seen is forgotten",
		old: "\t\ts.Seen = true\n",
		new: "",
	},
	{
		file: "situation.go", breaks: "traffic that an earlier process gave is forgotten",
		old: "\ts.Moved = s.Moved || !s.idle()\n",
		new: "",
	},
	{
		file: "situation.go", breaks: "an unsettled platform is judged",
		old: "still := (o.Settled || s.unmarking()) && o.Routing",
		new: "still := o.Routing",
	},
	{
		file: "situation.go", breaks: "a bake goes on while the candidate is not ready",
		old: "\tcase !still:\n\t\ts.SettledAt = time.Time{}",
		new: "\tcase !still && false:\n\t\ts.SettledAt = time.Time{}",
	},
	{
		file: "situation.go", breaks: "a bake begins before the candidate is ready",
		old: " || o.Health[s.Candidate].State == rollout.Ready)",
		new: " || true)",
	},
	{
		file: "situation.go", breaks: "a bake begins anew at every look",
		old: "\tcase s.SettledAt.IsZero():\n\t\ts.SettledAt = now",
		new: "\tdefault:\n\t\ts.SettledAt = now",
	},
	{
		file: "situation.go", breaks: "the bake of one rung counts for the next",
		old: "\t\ts.SettledAt, s.Since = time.Time{}, time.Time{}\n",
		new: "\t\ts.SettledAt = time.Time{}\n",
	},
	{
		file: "situation.go", breaks: "a write that is asked for again has a new limit every time",
		old: "repeated := s.Asked != nil && !s.Seen && s.Asked.Same(want)",
		new: "repeated := false",
	},
	{
		file: "situation.go", breaks: "a write counts as seen before it is",
		old: "s.Asked, s.Seen, s.Lost, s.Against = &want, false, lost,",
		new: "s.Asked, s.Seen, s.Lost, s.Against = &want, true, lost,",
	},
	{
		file: "situation.go", breaks: "a lost answer is forgotten",
		old: "s.Asked, s.Seen, s.Lost, s.Against = &want, false, lost,",
		new: "s.Asked, s.Seen, s.Lost, s.Against = &want, false, false,",
	},
	{
		file: "situation.go", breaks: "every look has a new limit",
		old: "\tif s.Waiting == w || s.Waiting == ForArrival && w == ForSettling {",
		new: "\tif false {",
	},
	{
		file: "situation.go", breaks: "a process that is told to end on its way home goes on waiting",
		old: "\ts.Hurried = s.Hurried || stop.Kind == Interrupted\n",
		new: "\ts.Hurried = s.Stop == nil && stop.Kind == Interrupted\n",
	},
	{
		file: "situation.go", breaks: "a later reason to stop replaces the first",
		old: "\tif s.Stop != nil {\n\t\treturn s\n\t}\n\tstop.At",
		new: "\tstop.At",
	},
	{
		file: "situation.go", breaks: "a candidate that is the platform's default counts as idle",
		old: "s.weight() == 0 && s.Shows.Routing.Default != s.Candidate",
		new: "s.weight() == 0",
	},
	{
		file: "situation.go", breaks: "one_step bakes again what was baked between two applies",
		old: "\tif !s.Since.IsZero() {\n\t\treturn s.Since",
		new: "\tif false {\n\t\treturn s.Since",
	},
	{
		file: "preview.go", breaks: "a preview goes on beyond hold_at",
		old: "if a.Outcome != Held || l.HoldAt != nil && l.holds(s.weight()) {",
		new: "if a.Outcome != Held {",
	},
	{
		file: "preview.go", breaks: "a preview of one_step ends after the first apply",
		old: "a.Outcome != Held || l.HoldAt != nil && l.holds(s.weight())",
		new: "true",
	},
	{
		file: "preview.go", breaks: "a preview ends in the middle",
		old: "for range 4*len(l.Steps) + 8 {",
		new: "for range 2*len(l.Steps) + 2 {",
	},
	{
		file: "preview.go", breaks: "offsets of a preview are not round",
		old: "\t\td.At = d.At.Add(-time.Nanosecond)\n",
		new: "",
	},
	{
		file: "ladder.go", breaks: "a rung bakes as long as the one before",
		old: "\t\tif st.Weight <= w {\n",
		new: "\t\tif st.Weight < w {\n",
	},
	{
		file: "ladder.go", breaks: "a rung just above is jumped",
		old: "\t\tif st.Weight > w {\n\t\t\treturn st.Weight",
		new: "\t\tif st.Weight > w+1 {\n\t\t\treturn st.Weight",
	},
	{
		file: "ladder.go", breaks: "hold_at holds one rung too late",
		old: "w >= *l.HoldAt",
		new: "w > *l.HoldAt",
	},
	{
		file: "ladder.go", breaks: "the same step twice is valid",
		old: "case st.Weight <= before:",
		new: "case st.Weight < before:",
	},
	{
		file: "ladder.go", breaks: "the largest step of a platform is refused",
		old: "st.Weight > limits.MaxCanary:",
		new: "st.Weight >= limits.MaxCanary:",
	},
	{
		file: "ladder.go", breaks: "hold_at between two steps is valid",
		old: "!l.isRung(*l.HoldAt)",
		new: "false",
	},
	{
		file: "../runner/process.go", breaks: "a change between plan and apply is not noticed",
		old: "case first && p.Left != nil &&",
		new: "case first && p.Left != nil && false &&",
	},
	{
		file: "../runner/process.go", breaks: "a person's word is not heard",
		old: "\tcase aborts:\n",
		new: "\tcase aborts && false:\n",
	},
	{
		file: "../runner/process.go", breaks: "what a dead process left under way is not told as such",
		old: "p.res.Begun = p.res.Begun || p.s.Moved || p.s.Candidate != \"\" &&",
		new: "p.res.Begun = p.res.Begun || p.s.Moved || false &&",
	},
	{
		file: "../runner/act.go", breaks: "what was made before a person's word is not told as under way",
		old: "\t\tp.res.Begun = true\n",
		new: "",
	},
	{
		file: "situation.go", breaks: "a person's word that stands undoes what is finished",
		old: "{nothingToDo, outsider} {",
		new: "{outsider} {",
	},
	{
		file: "situation.go", breaks: "a person's word leaves what is not wanted any more with its share",
		old: "{nothingToDo, outsider} {",
		new: "{nothingToDo} {",
	},
	{
		file: "situation.go", breaks: "a person's word keeps an undone rollout from going home",
		old: "s.Stop != nil || s.undoes() {",
		new: "s.Stop != nil {",
	},
	{
		file: "next.go", breaks: "a person's word leaves traffic where a failure would",
		old: "\tcase Aborted:\n\t\treturn false\n",
		new: "\tcase Aborted:\n\t\treturn s.Ladder.OnFailure == Stay\n",
	},
	{
		file: "../runner/process.go", breaks: "the deadline is ignored",
		old: "case !p.Deadline.IsZero() && !p.s.Now.Before(p.Deadline):",
		new: "case false:",
	},
	{
		file: "../runner/process.go", breaks: "max_unattended is turned round",
		old: "p.s.Now.Sub(p.Since) > p.Unattended",
		new: "p.s.Now.Sub(p.Since) < p.Unattended",
	},
	{
		file: "../runner/process.go", breaks: "an interrupted process has no time for the way home",
		old: "context.WithTimeout(context.WithoutCancel(p.parent), p.Grace)\n\tif",
		new: "context.WithTimeout(p.parent, p.Grace)\n\tif",
	},
	{
		file: "../runner/process.go", breaks: "an interrupted process waits for the platform as long as any",
		old: "\tp.s.Settle, p.s.Waiting = p.Grace, engine.ForNothing\n",
		new: "",
	},
	{
		file: "../runner/process.go", breaks: "an interrupt is ignored",
		old: "\tp.stop(engine.Stop{Kind: engine.Interrupted, Why: \"this apply was interrupted\"})\n",
		new: "",
	},
	{
		file: "../runner/process.go", breaks: "the time of another candidate counts for this one",
		old: "\tif p.Raising != p.s.Candidate {\n",
		new: "\tif false {\n",
	},
	{
		file: "../runner/process.go", breaks: "blocked content is tried again",
		old: "p.s.Blocked = p.Blocked != nil && p.Blocked(p.s.Candidate, p.content)",
		new: "p.s.Blocked = false",
	},
	{
		file: "../runner/process.go", breaks: "a platform that is down is asked without end",
		old: "\tcase lasting || over:\n",
		new: "\tcase lasting:\n",
	},
	{
		file: "../runner/process.go", breaks: "a platform that was down once is given up later",
		old: "\t\tp.trouble = time.Time{}\n",
		new: "",
	},
	{
		file: "../runner/process.go", breaks: "state is told what was live before the last write",
		old: "\tif p.stale && p.looked {\n",
		new: "\tif false {\n",
	},
	{
		file: "../runner/process.go", breaks: "who is who is settled again and again",
		old: "\t\tif err := p.identify(o); err != nil {\n\t\t\treturn o, err\n\t\t}\n",
		new: "\t\tp.looked = p.identify(o) == nil\n",
	},
	{
		file: "../runner/process.go", breaks: "nobody asks how home is",
		old: "[]rollout.Revision{p.s.Candidate, p.s.Home} {",
		new: "[]rollout.Revision{p.s.Candidate} {",
	},
	{
		file: "../runner/process.go", breaks: "a process that has no time left spins",
		old: " || p.interrupted && p.ctx.Err() != nil // no",
		new: "// no",
	},
	{
		file: "../runner/process.go", breaks: "every look is an event",
		old: "\tif why == p.said {\n",
		new: "\tif false {\n",
	},
	{
		file: "../runner/act.go", breaks: "the last write is not looked at",
		old: "\tp.stale = true\n\tif !want.Same",
		new: "\tif !want.Same",
	},
	{
		file: "../runner/act.go", breaks: "a write whose answer was lost is forgotten",
		old: "\t\tp.s = p.s.Wrote(want, true)\n",
		new: "",
	},
	{
		file: "../runner/act.go", breaks: "a lost answer counts as one that came",
		old: "\t\tp.s = p.s.Wrote(want, true)\n",
		new: "\t\tp.s = p.s.Wrote(want, false)\n",
	},
	{
		file: "../runner/act.go", breaks: "a write that was refused for its token counts as done",
		old: "\tcase errors.Is(err, rollout.ErrConflict):\n\t\tp.retry(err)\n\tcase",
		new: "\tcase errors.Is(err, rollout.ErrConflict):\n\t\tp.s = p.s.Wrote(want, false)\n\tcase",
	},
	{
		file: "../runner/act.go", breaks: "making a candidate does not count as a write",
		old: "\t\tp.s = p.s.MadeCandidate(made)\n",
		new: "\t\tp.s.Candidate, p.s.Made = made, true\n",
	},
	{
		file: "../runner/act.go", breaks: "a way home that is refused is tried without end by the runner",
		old: "\tstop.Refused = true\n",
		new: "",
	},
	{
		file: "../runner/act.go", breaks: "conflicts are tried without end",
		old: "\tif now.Sub(p.since) >= p.s.Settle {\n",
		new: "\tif false {\n",
	},
	{
		file: "../runner/act.go", breaks: "requirements keep traffic from going home",
		old: "if p.s.Stop != nil || p.required && !up {",
		new: "if p.required && !up {",
	},
	{
		file: "../runner/act.go", breaks: "requirements are not looked at before a rise",
		old: "if p.s.Stop != nil || p.required && !up {",
		new: "if p.s.Stop != nil || p.required {",
	},
	{
		file: "../runner/act.go", breaks: "what is still deferred when the candidate exists counts as passed",
		old: "return f.Status == rollout.Deferred && p.s.Candidate",
		new: "return false && p.s.Candidate",
	},
	{
		file: "../runner/act.go", breaks: "a failed requirement stops nothing",
		old: "if f.Stops() || f.Again > 0 || p.owed(f) {",
		new: "if f.Again > 0 || p.owed(f) {",
	},
	{
		file: "../runner/act.go", breaks: "nobody knows how what serves does",
		old: "if !p.required && !p.baseline() {",
		new: "if false {",
	},
	{
		file: "../runner/act.go", breaks: "what is no rise is taken for one",
		old: "want.Split[c] > p.s.Shows.Routing.Split[c]",
		new: "want.Split[c] < p.s.Shows.Routing.Split[c]",
	},
	{
		file: "../runner/judge.go", breaks: "a gate goes on judging the split before",
		old: "if !j.begun || !j.tally.Since.Equal(since) {",
		new: "if !j.begun {",
	},
	{
		file: "../runner/judge.go", breaks: "a new process does not look at the night",
		old: "\t\tj.tally.Unattended = unattended\n",
		new: "",
	},
	{
		file: "../runner/judge.go", breaks: "gates on users' traffic are asked where there is none",
		old: "if !j.Probe && !a.Gates {",
		new: "if false {",
	},
	{
		file: "../runner/judge.go", breaks: "a gate on a moment is never measured",
		old: "early || g.Window > 0 && w.Length() == 0",
		new: "early || w.Length() == 0",
	},
	{
		file: "../runner/judge.go", breaks: "a revision that cannot be described is measured all the same",
		old: "} else if err != nil { // nobody",
		new: "} else if false { // nobody",
	},
	{
		file: "../runner/judge.go", breaks: "a gate is asked before anybody was served",
		old: "\t\t\tj.next = since.Add(j.Interval)\n",
		new: "",
	},
	{
		file: "../runner/judge.go", breaks: "gates are asked without a pause",
		old: "\t\tif !j.next.After(now) {",
		new: "\t\tif true {",
	},
	{
		file: "../runner/judge.go", breaks: "a bake lasts until a gate is due",
		old: "\tif !a.Until.IsZero() && a.Until.Before(wake) {\n\t\twake = a.Until",
		new: "\tif false {\n\t\twake = a.Until",
	},
	{
		file: "../runner/judge.go", breaks: "how home does is not told",
		old: "\tif p.s.Stop != nil {\n\t\tp.res.Looked",
		new: "\tif false {\n\t\tp.res.Looked",
	},
	{
		file: "../runner/judge.go", breaks: "a gate that cannot work is found after users saw the candidate",
		old: "case Lasting(err) && v.Decides():",
		new: "case false:",
	},
	{
		file: "../runner/judge.go", breaks: "what serves now fails as well, and nobody is told",
		old: "case v.Outcome == rollout.Fail || v.Breaching:\n\t\t\tp.tell",
		new: "case false:\n\t\t\tp.tell",
	},
	{
		file: "../runner/judge.go", breaks: "another gate is named than the one that stopped it",
		old: "p.res.Failing == nil && !v.At",
		new: "!v.At",
	},
	{
		file: "../runner/judge.go", breaks: "what is absent is never told from what nobody did",
		old: "\tif !g.Count {\n",
		new: "\tif true {\n",
	},
	{
		file: "../runner/judge.go", breaks: "a window without length is measured",
		old: "\tif !g.Probe && (early || g.Window > 0 && w.Length() == 0) {",
		new: "\tif false && early {",
	},
	{
		file: "next.go", breaks: "a way back waits for a job",
		old: "if s.OwesBefore == \"\" || s.released() {",
		new: "if s.OwesBefore == \"\" {",
	},
	{
		file: "next.go", breaks: "a job runs where there is nothing to do",
		old: "if _, ok := nothingToDo(s); ok {\n\t\treturn none()\n\t}\n\treturn do(Run{}",
		new: "if false {\n\t\treturn none()\n\t}\n\treturn do(Run{}",
	},
	{
		file: "next.go", breaks: "a release whose last job failed is taken for done",
		old: "\tif s.unfinished() {\n",
		new: "\tif false {\n",
	},
	{
		file: "situation.go", breaks: "users are sent back to what does not suit the database any more",
		old: "s.AfterBegun, s.NoWayBack = true, true",
		new: "s.AfterBegun = true",
	},
	{
		file: "back.go", breaks: "what comes after promotion runs again for what returns",
		old: "if s.OwesAfter != \"\" && (s.AfterBegun || !s.released()) {",
		new: "if s.OwesAfter != \"\" {",
	},
	{
		file: "../runner/act.go", breaks: "a job runs before the requirements are looked at",
		old: "if p.mayWrite(false, d.Why) {",
		new: "if true {",
	},
	{
		file: "../runner/jobs.go", breaks: "what an earlier process did is done again",
		old: "found[0].State != rollout.JobFailed ||",
		new: "found[0].State == rollout.JobRunning ||",
	},
	{
		file: "../runner/jobs.go", breaks: "what failed here unheard is done again here",
		old: "!e.lost.IsZero() && found[0].ID != e.known",
		new: "false",
	},
	{
		file: "../runner/jobs.go", breaks: "a job whose answer was lost is begun twice",
		old: "now.Sub(e.lost) < unsure",
		new: "now.Sub(e.lost) < 0",
	},
	{
		file: "../runner/jobs.go", breaks: "a later process goes back behind a job after promotion",
		old: "\t\tif len(found) > 0 {\n\t\t\tp.s = p.s.Began()",
		new: "\t\tif false {\n\t\t\tp.s = p.s.Began()",
	},
	{
		file: "../runner/jobs.go", breaks: "a job is waited for without end",
		old: "waited >= e.Timeout",
		new: "waited < 0",
	},
}
