package sandbox

import (
	"strings"
	"testing"
)

func TestAdmin(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	w.Secret("db", Enabled)
	for _, c := range []struct{ path, body, answer string }{
		{"/services/shop/split", `{"percent":{"` + first + `":40,"` + second + `":60}}`, `done`},
		{"/services/shop/split", `{"percent":{"` + first + `":40}}`, `want 100`},
		{"/services/shop/annotations", `{"rollout-abort":"bad checkout"}`, `done`},
		{"/services/shop/annotations", `{"run.googleapis.com/ingress":"all"}`, `error`},
		{"/services/nobody/annotations", `{"rollout-abort":"bad checkout"}`, `error`},
		{"/services/shop/revisions/" + second + "/behaviour", `{"SANDBOX_ERROR_SHARE":"1"}`, `done`},
		{"/services/shop/revisions/" + second + "/behaviour", `{"SANDBOX_ERROR_SHARE":"many"}`, `invalid syntax`},
		{"/services/shop/revisions/" + second + "/behaviour", `{"OTHER":"1"}`, `not a setting`},
		{"/services/shop/revisions/nope/behaviour", `{}`, `no revision`},
		{"/services/shop/revisions/" + second + "/stop", ``, `done`},
		{"/images", `{"repo":"shop/api","tag":"v3","env":{"SANDBOX_VERSION":"v3"}}`, `/shop/api@sha256:`},
		{"/secrets/db/versions", `{"state":"ENABLED"}`, `2`},
		{"/secrets/db/versions/1", `{"state":"DESTROYED"}`, `done`},
		{"/secrets/db/versions/9", `{"state":"ENABLED"}`, `no version 9`},
		{"/secrets/db/versions", `{"state":"HIDDEN"}`, `is not ENABLED`},
		{"/secrets/db/grants", `{"role":"` + accessor + `","member":"serviceAccount:a@b"}`, `done`},
		{"/metrics", `{"lag":"3m","drop":"true"}`, `done`},
		{"/metrics", `{"lags":"3m"}`, `unknown field`},
	} {
		code, out := w.do("POST", "/sandbox"+c.path, c.body)
		text := ""
		for k, v := range out {
			text += k
			if s, ok := v.(string); ok {
				text += s
			}
			if n, ok := v.(float64); ok && n == 2 {
				text += "2"
			}
		}
		if !strings.Contains(text, c.answer) || (code == 200) == (out["error"] != nil) {
			t.Errorf("%s %s: %d %v, want %s", c.path, c.body, code, out, c.answer)
		}
	}
	if v := w.Service("shop"); v.Percent[second] != 60 {
		t.Errorf("split: %v", v.Percent)
	}
	if b := w.revision("shop", second).behaviour.get(); b.ErrorShare != 1 || b.Version != "v2" {
		t.Errorf("behaviour: %+v", b)
	}
	if w.vault.secrets["db"].versions[0].state != Destroyed || w.telemetry.lag == 0 || !w.telemetry.off {
		t.Error("a control had no effect")
	}
}
