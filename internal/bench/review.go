package main

import (
	"context"
	"fmt"
)

// review measures what it takes to review migrations, in a process of its own.
func review(ctx context.Context, b *bench) error {
	path, err := b.build(ctx, reviewer)
	if err != nil {
		return err
	}
	text, err := output(ctx, path)
	if err != nil {
		return err
	}
	var parsing, reviewing, grown float64
	if _, err := fmt.Sscan(text, &parsing, &reviewing, &grown); err != nil {
		return fmt.Errorf("it prints %q: %w", text, err)
	}
	figure("review_over_parse", reviewing/parsing, "ratio")
	figure("review_mb", grown/1e6, "MB")
	return nil
}
