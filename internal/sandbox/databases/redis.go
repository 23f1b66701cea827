package databases

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// Redis is a running Redis. It takes plain connections at Addr, and TLS at
// Encrypted. Owner is its only user beside those that tests make: whoever comes
// without a name may do nothing.
type Redis struct {
	*process
	tlsPort int
}

// StartRedis runs a server on free ports of this machine.
func StartRedis(ctx context.Context) (*Redis, error) {
	server := find("redis-server")
	if server == "" {
		return nil, fmt.Errorf("Redis: %w (redis-server)", ErrNone)
	}
	p, err := newProcess("redis")
	if err != nil {
		return nil, err
	}
	r := &Redis{process: p}
	ca, config := filepath.Join(p.dir, "ca.crt"), filepath.Join(p.dir, "redis.conf")
	if r.tlsPort, err = freePort(); err == nil {
		err = os.WriteFile(ca, p.ca, 0o600)
	}
	if err == nil {
		err = os.WriteFile(config, []byte(strings.Join([]string{
			fmt.Sprintf("port %d", p.port), fmt.Sprintf("tls-port %d", r.tlsPort), "bind 0.0.0.0", "protected-mode no", "save \"\"", "appendonly no", "dir " + p.dir, "databases 4096",
			"tls-cert-file " + filepath.Join(p.dir, certFile), "tls-key-file " + filepath.Join(p.dir, keyFile), "tls-ca-cert-file " + ca, "tls-auth-clients no",
			"user default off", fmt.Sprintf("user %s on ~* &* +@all \">%s\"", Owner, Password), "",
		}, "\n")), 0o600)
	}
	if err == nil {
		err = p.own()
	}
	if err == nil {
		err = p.serve(ctx, "Ready to accept connections", server, config)
	}
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("Redis: %w", err)
	}
	return r, nil
}

// Encrypted is where it takes TLS: host:port of loopback.
func (r *Redis) Encrypted() string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(r.tlsPort)) }

// URL is the address of a database, by its number, for somebody.
func (r *Redis) URL(user, password string, database int) string {
	return (&url.URL{Scheme: "redis", User: url.UserPassword(user, password), Host: r.Addr(), Path: fmt.Sprintf("/%d", database)}).String()
}

// Do gives one command in a database, as the owner of everything.
func (r *Redis) Do(ctx context.Context, database int, command string, args ...any) (any, error) {
	c, err := redis.DialContext(ctx, "tcp", r.Addr(), redis.DialUsername(Owner), redis.DialPassword(Password), redis.DialDatabase(database))
	if err != nil {
		return nil, fmt.Errorf("Redis: %w", err)
	}
	defer func() { _ = c.Close() }() // nothing is under way
	out, err := redis.DoContext(c, ctx, command, args...)
	if err != nil {
		return nil, fmt.Errorf("Redis: %s: %w", command, err)
	}
	return out, nil
}

// Writes counts what was changed, by whomever.
func (r *Redis) Writes(ctx context.Context) (int, error) {
	text, err := redis.String(r.Do(ctx, 0, "INFO", "persistence"))
	if err != nil {
		return 0, fmt.Errorf("Redis: %w", err)
	}
	var n int
	_, rest, _ := strings.Cut(text, "rdb_changes_since_last_save:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		return 0, fmt.Errorf("Redis: count changes: %w", err)
	}
	return n, nil
}
