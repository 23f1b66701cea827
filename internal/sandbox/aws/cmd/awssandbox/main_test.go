package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestRunsUntilStandardInputCloses(t *testing.T) {
	in, parent := io.Pipe()
	lines, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(t.Context(), []string{"-seed", "shop", "-stdin"}, in, out)
		_ = out.CloseWithError(io.EOF) // a Pipe's writer does not fail
		ended <- err
	}()
	line, err := bufio.NewReader(lines).ReadBytes('\n')
	if err != nil {
		if err := <-ended; errors.Is(err, aws.ErrNoMoto) && os.Getenv("CI") == "" {
			t.Skip(err)
		} else {
			t.Fatal(err)
		}
	}
	var a addresses
	if err := json.Unmarshal(line, &a); err != nil || len(a.Shop) != 2 {
		t.Fatalf("%s: %v", line, err)
	}
	resp, err := http.Get(a.URL + "/sandbox/functions/shop/aliases/live") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the seed: HTTP %d", resp.StatusCode)
	}
	_ = parent.Close() // a Pipe does not fail
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestUnknownArgumentsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-seed", "mall"}, {"x"}, {"-nothing"}} {
		if err := run(t.Context(), args, nil, nil); err == nil {
			t.Errorf("accepted %q", args)
		}
	}
}
