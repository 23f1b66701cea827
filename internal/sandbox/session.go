package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// Password opens every account of the sample app. It protects nothing.
const Password = "open-sesame"

// sessionKey signs sessions. All revisions of a service share it, as an app does
// that takes its key from a secret; one that forgets sessions makes up its own.
func (a *app) sessionKey() []byte {
	key := "service " + a.serviceUID
	if a.behaviour.get().ForgetsSessions {
		key += " revision " + a.revisionUID
	}
	return []byte(key)
}

// session is what a browser, or a client with a bearer token, shows to be known.
func (a *app) session(user string) string {
	mac := hmac.New(sha256.New, a.sessionKey())
	mac.Write([]byte(user))
	return user + "." + hex.EncodeToString(mac.Sum(nil))
}

// login answers the right password with a session, as a cookie and in the body.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	var q struct{ User, Password string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Header.Get("Content-Type") != "application/json" {
		a.json(w, http.StatusBadRequest, map[string]string{"error": "not a login"})
		return
	}
	if q.User == "" || strings.Contains(q.User, ".") || q.Password != Password {
		a.json(w, http.StatusUnauthorized, map[string]string{"error": "wrong user or password"})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: a.session(q.User), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	a.json(w, http.StatusOK, map[string]any{"data": map[string]string{"token": a.session(q.User)}})
}

// account says whose session a request shows.
func (a *app) account(w http.ResponseWriter, r *http.Request) {
	shown, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if c, err := r.Cookie("session"); !bearer && err == nil {
		shown = c.Value
	}
	user, _, _ := strings.Cut(shown, ".")
	if user == "" || subtle.ConstantTimeCompare([]byte(shown), []byte(a.session(user))) != 1 {
		a.json(w, http.StatusUnauthorized, map[string]string{"error": "not logged in"})
		return
	}
	a.json(w, http.StatusOK, map[string]string{"user": user, "revision": a.revision})
}

// keyed is for whoever knows the key.
func (a *app) keyed(w http.ResponseWriter, r *http.Request) {
	key := a.behaviour.get().APIKey
	if key == "" || r.Header.Get("X-Api-Key") != key {
		a.json(w, http.StatusUnauthorized, map[string]string{"error": "wrong key"})
		return
	}
	a.json(w, http.StatusOK, map[string]string{"revision": a.revision})
}
