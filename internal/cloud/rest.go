package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/api/googleapi"
)

// most is how much of an answer is read.
const most = 8 << 20

// restClient asks one Google API that is not asked by gRPC.
type restClient struct {
	*http.Client
	endpoint string
}

// GoogleJSON reads one thing of a Google API into out: api is the API's name
// ("sqladmin"), path what follows its host. A refusal is a *googleapi.Error. The
// answer's other fields stay unread.
func (c *Clients) GoogleJSON(ctx context.Context, api, path string, query url.Values, out any) error {
	client, err := c.rest(ctx, api)
	if err != nil {
		return err
	}
	at := strings.TrimSuffix(client.endpoint, "/") + path
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", api, err)
	}
	req.Header.Set("User-Agent", c.config.UserAgent)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", api, err)
	}
	defer resp.Body.Close()
	if err := googleapi.CheckResponse(resp); err != nil {
		return fmt.Errorf("ask %s: %w", api, err)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", api, err)
	}
	return nil
}

// rest returns the client of an API, built when it is first asked.
func (c *Clients) rest(ctx context.Context, api string) (restClient, error) {
	c.google.mu.Lock()
	build, ok := c.google.rest[api]
	if !ok {
		build = &lazily[restClient]{}
		c.google.rest[api] = build
	}
	c.google.mu.Unlock()
	return build.get(func() (restClient, error) {
		client, endpoint, err := c.googleHTTP(ctx, api, true, c.GoogleCredentials)
		return restClient{Client: client, endpoint: endpoint}, err
	})
}
