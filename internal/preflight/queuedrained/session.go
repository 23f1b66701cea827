package queuedrained

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
)

// session is one connection.
type session struct{ redis.Conn }

// command is one that only reads.
type command struct {
	name string
	args []any
}

func ask(name string, args ...any) command { return command{name, args} }

// refusal is an error that the server answered to a command: the word that it
// begins with, since the rest may quote anything.
type refusal struct{ word, command string }

// Error implements error.
func (r refusal) Error() string { return r.word + " to " + r.command }

// refused takes the words of an answer out of an error.
func refused(err error, command string) error {
	var said redis.Error
	if !errors.As(err, &said) {
		return err
	}
	word, rest, _ := strings.Cut(string(said), " ")
	if word == "ERR" && (strings.Contains(rest, "AUTH") || strings.Contains(rest, "invalid password") || strings.Contains(rest, "invalid username")) {
		word = "WRONGPASS" // of servers before 6, and where nobody has a password
	}
	if word == "EXECABORT" && strings.Contains(rest, "permission") { // EXEC itself is told apart from what it would do
		word = "NOPERM"
	}
	return refusal{word, command}
}

// open connects, and ends with the context.
func (s server) open(ctx context.Context, roots *x509.CertPool) (session, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.FormatInt(s.port, 10)))
	if err != nil {
		return session{}, fmt.Errorf("connect: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = raw.Close() }) // whoever waits for an answer hears of it
	if until, ok := ctx.Deadline(); ok {
		_ = raw.SetDeadline(until) // the end of the context closes it anyway
	}
	through := raw
	if s.encrypted {
		secure := tls.Client(raw, &tls.Config{ServerName: s.host, RootCAs: roots, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = raw.Close() // nobody speaks
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
				return session{}, bad{msgUnreachable, []any{"reason", "it says nothing to who begins with TLS, as a Redis without TLS does"}}
			}
			return session{}, fmt.Errorf("TLS: %w", err)
		}
		through = secure
	}
	out := session{redis.NewConn(through, 0, 0)}
	if err := out.enter(s); err != nil {
		_ = out.Close() // its error is the one to tell
		return session{}, err
	}
	return out, nil
}

// enter says who asks, and of which database.
func (s session) enter(at server) error {
	if at.password != "" {
		args := []any{at.password}
		if at.user != "" {
			args = []any{at.user, at.password}
		}
		if _, err := s.Do("AUTH", args...); err != nil {
			return refused(err, "auth")
		}
	}
	if at.database != 0 {
		if _, err := s.Do("SELECT", at.database); err != nil {
			return refused(err, "select")
		}
	}
	return nil
}

// all asks everything at one moment.
func (s session) all(commands ...command) ([]any, error) {
	sent := append([]command{ask("multi")}, commands...)
	for _, c := range append(sent, ask("exec")) {
		if err := s.Send(c.name, c.args...); err != nil {
			return nil, fmt.Errorf("ask: %w", err)
		}
	}
	if err := s.Flush(); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	var first error
	for _, c := range sent { // each is taken down
		_, err := s.Receive()
		if err = refused(err, c.name); err != nil && !errors.As(err, new(refusal)) {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	answers, err := redis.Values(s.Receive())
	switch {
	case first != nil:
		return nil, first
	case err != nil:
		return nil, refused(err, "exec")
	case len(answers) != len(commands):
		return nil, errors.New("answers are missing")
	}
	for i, a := range answers {
		if said, ok := a.(redis.Error); ok {
			return nil, refused(said, commands[i].name)
		}
	}
	return answers, nil
}

// reason says why a server was not reached, in words of our own.
func reason(err error, limit time.Duration) string {
	var (
		unsigned x509.UnknownAuthorityError
		unfit    x509.CertificateInvalidError
		there    *net.OpError
	)
	if errors.As(err, &unsigned) || errors.As(err, &unfit) {
		return "its certificate is not valid"
	}
	if known := web.Reason(err, limit); known != "the request failed" {
		return known
	}
	if errors.As(err, &there) && there.Op == "dial" {
		return "there is no way to it"
	}
	return "what answers there does not speak as Redis does"
}
