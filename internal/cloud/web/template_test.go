package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"plain":                   "plain",
		`{"a":{"b":1}}`:           `{"a":{"b":1}}`,
		`{"a":{"b":{{n}}}}`:       `{"a":{"b":<7>}}`,
		"{{a_1}}{{n}}{{ n }}":     "<x><7><7>",
		"{{{{n}}":                 "{{n}}",
		"{{{{{{n}}":               "{{<7>",
		"{{{n}}}":                 "{<7>}",
		"}}":                      "}}",
		"{{n":                     "!",
		"{{}}":                    "!",
		"{{N}}":                   "!",
		"{{a-b}}":                 "!",
		"{{n}} and {{ n and m }}": "!",
	} {
		parsed, ok := web.ParseTemplate(text)
		got := "!"
		if ok {
			got = parsed.Fill(map[string]string{"n": "7", "a_1": "x"}, func(v string) string { return "<" + v + ">" })
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	parsed, _ := web.ParseTemplate("{{b}}s3cret{{a}}{{b}}")
	if !slices.Equal(parsed.Names(), []string{"b", "a"}) || parsed.Lacks(map[string]string{"b": "1"}) != "a" || parsed.Lacks(map[string]string{"b": "1", "a": "1"}) != "" {
		t.Errorf("names %q", parsed.Names())
	}
	if shown := fmt.Sprintf("%v %+v %#v", parsed, parsed, parsed); strings.Contains(shown, "s3cret") {
		t.Errorf("it shows %s", shown)
	}
	if got := (web.Template{}).Fill(nil, web.Plainly); got != "" {
		t.Errorf("none is %q", got)
	}
}

func TestInJSON(t *testing.T) {
	for value, want := range map[string]string{"12": "12", "true": "true", `a"b`: `a\"b`, "a\nb": `a\nb`, `"`: `\"`} {
		if got := web.InJSON(value); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	doc, err := web.Document([]byte(`{"a":[{"n":1.50},null,"x"],"":1}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a.0.n": "1.50", "a.1": "null", "a.2": "x", "a": "", "a.3": "!", "a.-1": "!", "a.n": "!", "b": "!", "a.2.x": "!"} {
		got := "!"
		if v, found := web.At(doc, path); found {
			got, _ = web.Scalar(v)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if web.IsPath("a..b") || web.IsPath("") || !web.IsPath("a.0") {
		t.Error("paths")
	}
	for _, text := range []string{"", "{", "{}{}"} {
		if _, err := web.Document([]byte(text)); err == nil {
			t.Errorf("%q is a document", text)
		}
	}
}

func TestPrivate(t *testing.T) {
	for text, want := range map[string]bool{"https://x": true, "http://localhost:1": true, "http://127.0.0.1": true, "http://[::1]:1": true, "http://10.0.0.1": false, "http://x": false} {
		if at, err := url.Parse(text); err != nil || web.Private(at) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		h    web.Headers
		want string // in What or Why; "" is none
	}{
		"plain":                       {web.Headers{Plain: map[string]string{"X-A": "b", "accept": "text/html"}}, ""},
		"secret":                      {web.Headers{Secret: map[string]string{"Authorization": "Bearer {{s3cret"}}, ""},
		"variable":                    {web.Headers{Env: map[string]string{"X-Api-Key": "KEY"}}, ""},
		"captured":                    {web.Headers{Captured: true, Plain: map[string]string{"Authorization": "Bearer {{token}}"}}, ""},
		"filled with facts":           {web.Headers{Plain: map[string]string{"Authorization": "Bearer {{revision}}"}}, "Authorization holds credentials"},
		"a credential":                {web.Headers{Captured: true, Plain: map[string]string{"authorization": "Bearer s3cret"}}, "Authorization holds credentials"},
		"a cookie":                    {web.Headers{Plain: map[string]string{"Cookie": "s3cret"}}, "Cookie holds credentials"},
		"a key":                       {web.Headers{Plain: map[string]string{"DD-API-KEY": "s3cret"}}, "Dd-Api-Key holds credentials"},
		"a token":                     {web.Headers{Plain: map[string]string{"X-Vault-Token": "s3cret"}}, "X-Vault-Token holds credentials"},
		"no name":                     {web.Headers{Secret: map[string]string{"X A": "s3cret"}}, "A name in headers_wo"},
		"ours":                        {web.Headers{Plain: map[string]string{"content-type": "a"}}, "Content-Type in headers follows"},
		"twice":                       {web.Headers{Secret: map[string]string{"X-A": "s3cret"}, Env: map[string]string{"x-a": "B"}}, "X-A stands in more than one place"},
		"a line break":                {web.Headers{Secret: map[string]string{"X-A": "s3cret\n"}}, "X-A in headers_wo has a line break"},
		"a placeholder of no name":    {web.Headers{Plain: map[string]string{"X-A": "{{ s3cret-x }}"}}, "The header X-A has {{ without"},
		"the credential for its name": {web.Headers{Env: map[string]string{"X-A": "s3cret-x"}}, "What stands beside X-A"},
	} {
		var said []string
		for _, p := range c.h.Check() {
			said = append(said, p.Error())
		}
		all := strings.Join(said, "; ")
		if c.want == "" && all != "" || len(said) > 1 || !strings.Contains(all, c.want) || strings.Contains(all, "s3cret") {
			t.Errorf("%s: %s", name, all)
		}
	}
}

func TestHeadersAreSet(t *testing.T) {
	t.Setenv("HEADER_OF_A_TEST", "s3cret-env\n")
	h, err := (web.Headers{
		Plain: map[string]string{"X-A": "a {{n}}"}, Secret: map[string]string{"X-B": "s3cret {{n}}"}, Env: map[string]string{"X-C": "HEADER_OF_A_TEST"},
	}).Open()
	if err != nil {
		t.Fatal(err)
	}
	into := http.Header{}
	if !h.Set(into, map[string]string{"n": "7"}) || into.Get("X-A") != "a 7" || into.Get("X-B") != "s3cret {{n}}" || into.Get("X-C") != "s3cret-env" {
		t.Errorf("headers: %v", into)
	}
	if h.Set(into, map[string]string{"n": "7\n"}) {
		t.Error("a line break was taken")
	}
	if !h.Private() || (web.Headers{Plain: map[string]string{"X-A": "a"}}).Private() || !slices.Equal(h.Names(), []string{"n"}) {
		t.Error("what they hold is not known")
	}
	if got := h.String(); got != "X-B (headers_wo), X-C (from HEADER_OF_A_TEST)" || (web.Headers{}).String() != "no credential" {
		t.Errorf("they are called %s", got)
	}
	if shown := fmt.Sprintf("%v %+v %#v", h, h, h); strings.Contains(shown, "s3cret") {
		t.Errorf("it shows %s", shown)
	}
	if !(web.Headers{}).Set(into, nil) {
		t.Error("none cannot be set")
	}
}

// Every message has a name of its own, and all three parts.
func TestMessages(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range web.Messages() {
		if seen[m.ID] || !strings.HasPrefix(m.ID, "web.") || m.What == "" || m.Why == "" || m.Fix == "" {
			t.Errorf("message %+v", m)
		}
		seen[m.ID] = true
	}
	if p := web.BadPlaceholder("The path"); !strings.HasPrefix(p.Why, "The path has {{") || p == (rollout.Problem{}) {
		t.Errorf("got %v", p)
	}
}
