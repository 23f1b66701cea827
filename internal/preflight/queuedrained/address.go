package queuedrained

import (
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// address is where the server is, and who asks. What is secret of it is behind
// functions, because no format verb shows what those return.
type address struct {
	// urlVariable names the environment variable of a URL; url returns one that
	// configuration alone holds.
	urlVariable string
	url         func() string

	host, user       string
	port, database   int64
	passwordVariable string
	password         func() string

	encrypted bool // beside host
}

// server is an address that was read, with its secret.
type server struct {
	host, user, password string
	port, database       int64
	encrypted            bool
}

// bad is an address that cannot be one, in the words of a message.
type bad struct {
	message rollout.Message
	pairs   []any
}

// Error implements error.
func (b bad) Error() string { return b.message.ID }

// object names the server for people: never by what a secret holds.
func (a address) object() string {
	switch {
	case a.host != "":
		return net.JoinHostPort(a.host, strconv.FormatInt(a.port, 10)) + "/" + strconv.FormatInt(a.database, 10)
	case a.urlVariable != "":
		return "of " + a.urlVariable
	case a.url != nil && a.url() != "":
		return "of url_wo"
	}
	return ""
}

// read returns the whole address.
func (a address) read() (server, error) {
	if a.host != "" {
		out := server{host: a.host, user: a.user, port: a.port, database: a.database, encrypted: a.encrypted}
		if a.password != nil {
			out.password = a.password()
			return out, nil
		}
		var err error
		out.password, err = variable("password_env", a.passwordVariable)
		return out, err
	}
	where, text := "url_wo", ""
	if a.url != nil {
		text = strings.TrimSpace(a.url())
	} else {
		var err error
		where = a.urlVariable
		if text, err = variable("url_env", a.urlVariable); err != nil {
			return server{}, err
		}
	}
	out, ok := parse(text)
	if !ok {
		return server{}, bad{msgNoURL, []any{"where", where}}
	}
	return out, nil
}

func variable(attribute, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	value := strings.TrimSpace(os.Getenv(name))
	if value == "" {
		return "", bad{msgUnset, []any{"attribute", attribute, "variable", name}}
	}
	return value, nil
}

// parse reads a URL as Sidekiq and Celery take it. Words of other programs in its
// query are left out, but for the database's number.
func parse(text string) (server, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" {
		return server{}, false
	}
	out := server{host: u.Hostname(), port: usualPort, encrypted: u.Scheme == "rediss", user: u.User.Username()}
	out.password, _ = u.User.Password()
	if p := u.Port(); p != "" {
		if out.port, err = strconv.ParseInt(p, 10, 32); err != nil {
			return server{}, false
		}
	}
	number := strings.Trim(u.Path, "/")
	if db := u.Query().Get("db"); db != "" { // as redis-py has it
		number = db
	}
	if number != "" {
		if out.database, err = strconv.ParseInt(number, 10, 32); err != nil || out.database < 0 {
			return server{}, false
		}
	}
	return out, true
}

// here reports whether a host is this machine, so that nobody reads along.
func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || ip != nil && ip.IsLoopback()
}
