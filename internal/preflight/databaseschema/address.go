package databaseschema

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// address is where the server is, and who asks. What is secret of it is behind
// functions, because no format verb shows what those return.
type address struct {
	// urlVariable names the environment variable of a connection string; url
	// returns one that configuration alone holds.
	urlVariable string
	url         func() string

	host, database, user string
	port                 int64
	passwordVariable     string
	password             func() string

	sslmode string // of the attribute; "" where none says one
	roots   *x509.CertPool
	says    words
}

// The words of sslmode, from the safest.
func sslmodes() []string { return []string{"verify-full", "verify-ca", "require", "disable"} }

// bad is an address that cannot be one, in the words of a message.
type bad struct {
	message rollout.Message
	pairs   []any
}

// Error implements error.
func (b bad) Error() string { return b.message.ID }

// where says what holds the connection string, for people.
func (a address) where() string {
	if a.urlVariable != "" {
		return a.urlVariable
	}
	return "url_wo"
}

// text is the connection string, "" where the address is in parts.
func (a address) text() (string, error) {
	if a.url != nil {
		return strings.TrimSpace(a.url()), nil
	}
	return a.variable("url_env", a.urlVariable)
}

// secret is the password of an address in parts; "" where none is named.
func (a address) secret() (string, error) {
	if a.password != nil {
		return a.password(), nil
	}
	return a.variable("password_env", a.passwordVariable)
}

func (a address) variable(attribute, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	value := strings.TrimSpace(os.Getenv(name))
	if value == "" {
		return "", bad{a.says.unset, []any{"attribute", attribute, "variable", name}}
	}
	return value, nil
}

// unreadable is what a connection string is that nobody can read.
func (a address) unreadable() error { return bad{a.says.noURL, []any{"where", a.where()}} }

// role is who looks, as far as that is anybody's to see.
func (a address) role() string {
	if a.user == "" {
		return "<role>"
	}
	return a.user
}

// here reports whether a host is this machine, so that nobody reads along.
func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

// chain verifies who answers without asking for the name: verify-ca.
func chain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return x509.UnknownAuthorityError{}
		}
		with := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range s.PeerCertificates[1:] {
			with.Intermediates.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(with)
		return err //nolint:wrapcheck // its type is what is read of it
	}
}

// doubted reports whether a connection says nothing of who answers.
func doubted(c *tls.Config) bool {
	return c == nil || c.InsecureSkipVerify && c.VerifyConnection == nil && c.VerifyPeerCertificate == nil
}
