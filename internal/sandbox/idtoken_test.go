package sandbox

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/iamcredentials/v1"
)

const caller = "ci@demo.iam.gserviceaccount.com"

// idToken asks with the generated client, and fails the test unless it is given.
func (w *world) idToken(account, audience string) string {
	w.t.Helper()
	c := must(iamcredentials.NewService(w.ctx(), w.plain()...))
	got, err := c.Projects.ServiceAccounts.GenerateIdToken("projects/-/serviceAccounts/"+account,
		&iamcredentials.GenerateIdTokenRequest{Audience: audience, IncludeEmail: true}).Do()
	if err != nil {
		w.t.Fatal(err)
	}
	return got.Token
}

func (w *world) called(url string, headers ...string) int {
	w.t.Helper()
	req := must(http.NewRequestWithContext(w.ctx(), http.MethodGet, url, http.NoBody))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp := must(http.DefaultClient.Do(req))
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// A private service knows who asks, at the address of a tag too.
func TestPrivateService(t *testing.T) {
	w := start(t, Options{})
	if err := w.CreateService(w.ctx(), "shop", must(w.Image("shop/api", "v1", Behaviour{}))); err != nil {
		t.Fatal(err)
	}
	revision := w.Service("shop").Newest
	if err := w.Meddle("shop", map[string]int{revision: 100}, map[string]string{"canary": revision}); err != nil {
		t.Fatal(err)
	}
	w.ServiceAccount(caller, false)
	w.ServiceAccount("other@demo.iam.gserviceaccount.com", false)
	service, tag := w.ServiceURL("shop"), w.TagURL("shop", "canary")
	if code := w.called(service); code != 200 {
		t.Errorf("before it is private: %d", code)
	}
	if err := w.Private("shop", "serviceAccount:"+caller); err != nil {
		t.Fatal(err)
	}
	good, other, elsewhere := w.idToken(caller, service), w.idToken("other@demo.iam.gserviceaccount.com", service), w.idToken(caller, tag)
	for name, c := range map[string]struct {
		url     string
		headers []string
		want    int
	}{
		"nobody":                    {service, nil, 403},
		"nobody at a tag":           {tag, nil, 403},
		"the caller":                {service, []string{"Authorization", "Bearer " + good}, 200},
		"the caller at a tag":       {tag, []string{"Authorization", "Bearer " + good}, 200},
		"a token for the tag":       {tag, []string{"Authorization", "Bearer " + elsewhere}, 401},
		"somebody without the role": {service, []string{"Authorization", "Bearer " + other}, 403},
		"an access token":           {service, []string{"Authorization", "Bearer ya29.access"}, 401},
		"a token that was changed":  {service, []string{"Authorization", "Bearer " + good[:len(good)-4] + "AAAA"}, 401},
		"the app's own credential":  {service, []string{"Authorization", "Bearer app", "X-Serverless-Authorization", "Bearer " + good}, 200},
	} {
		if code := w.called(c.url, c.headers...); code != c.want {
			t.Errorf("%s: %d, want %d", name, code, c.want)
		}
	}
	w.clock.pass(time.Hour)
	if code := w.called(service, "Authorization", "Bearer "+good); code != 401 {
		t.Errorf("an hour later: %d", code)
	}
	if err := w.Private("none"); err == nil {
		t.Error("a service that is not there is private")
	}
}

func TestIDTokensThatAreNotGiven(t *testing.T) {
	w := start(t, Options{})
	w.ServiceAccount(caller, false)
	w.ServiceAccount("old@demo.iam.gserviceaccount.com", true)
	c := must(iamcredentials.NewService(w.ctx(), w.plain()...))
	ask := func(name, audience string) error {
		_, err := c.Projects.ServiceAccounts.GenerateIdToken(name, &iamcredentials.GenerateIdTokenRequest{Audience: audience, IncludeEmail: true}).Do()
		return err
	}
	for _, x := range []struct {
		name, audience string
		code           int
	}{
		{"projects/-/serviceAccounts/none@demo.iam.gserviceaccount.com", "https://a", 404},
		{"projects/-/serviceAccounts/old@demo.iam.gserviceaccount.com", "https://a", 400},
		{"projects/demo/serviceAccounts/" + caller, "https://a", 400},
		{"projects/-/serviceAccounts/" + caller, "", 400},
	} {
		var ge *googleapi.Error
		if err := ask(x.name, x.audience); !errors.As(err, &ge) || ge.Code != x.code {
			t.Errorf("%s for %q: %v, want %d", x.name, x.audience, err, x.code)
		}
	}
	w.Deny("iam.serviceAccounts.getOpenIdToken")
	if err := ask("projects/-/serviceAccounts/"+caller, "https://a"); err == nil || !strings.Contains(err.Error(), "iam.serviceAccounts.getOpenIdToken") {
		t.Errorf("denied: %v", err)
	}
}

// Sessions go on at every revision of a service, but one that forgets them.
func TestSessions(t *testing.T) {
	w := start(t, Options{})
	if err := w.CreateService(w.ctx(), "shop", must(w.Image("shop/api", "v1", Behaviour{APIKey: "key"}))); err != nil {
		t.Fatal(err)
	}
	first := w.Service("shop").Newest
	url := w.ServiceURL("shop")
	if w.called(url+"/keyed", "X-Api-Key", "key") != 200 || w.called(url+"/keyed") != 401 {
		t.Error("the key is not what opens")
	}
	login := func(password string) (string, int) {
		resp := must(http.Post(url+"/login", "application/json", strings.NewReader(`{"user":"ann","password":"`+password+`"}`))) //nolint:noctx // a test
		defer resp.Body.Close()
		for _, c := range resp.Cookies() {
			return c.Value, resp.StatusCode
		}
		return "", resp.StatusCode
	}
	if _, code := login("wrong"); code != 401 {
		t.Errorf("with a wrong password: %d", code)
	}
	session, code := login(Password)
	if code != 200 || w.called(url+"/account", "Cookie", "session="+session) != 200 || w.called(url+"/account", "Authorization", "Bearer "+session) != 200 {
		t.Errorf("logged in: %d, %q", code, session)
	}
	if code := w.called(url+"/account", "Cookie", "session=bob"+session[3:]); code != 401 {
		t.Errorf("with somebody else's session: %d", code)
	}
	if err := w.SetBehaviour("shop", first, Behaviour{ForgetsSessions: true}); err != nil {
		t.Fatal(err)
	}
	if code := w.called(url+"/account", "Cookie", "session="+session); code != 401 {
		t.Errorf("where sessions are forgotten: %d", code)
	}
	if again, _ := login(Password); w.called(url+"/account", "Cookie", "session="+again) != 200 {
		t.Error("a revision that forgets the others' sessions forgets its own")
	}
	if w.called(url+"/keyed", "X-Api-Key", "key") != 401 { // the behaviour that has the key is gone
		t.Error("a key is good that nobody set")
	}
}
