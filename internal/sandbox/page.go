package sandbox

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// page cuts one page out of a list. Tokens are opaque, and bound to what they
// continue: "All other parameters must match" (run.v2 and others).
func page[T any](all []T, size int32, otherwise int, token, of string) ([]T, string, error) {
	n := int(size)
	switch {
	case n < 0:
		return nil, "", status.Errorf(codes.InvalidArgument, "page_size must not be negative: %d", size)
	case n == 0:
		n = otherwise
	case n > 1000:
		n = 1000
	}
	from, err := offset(token, of)
	if err != nil || from > len(all) {
		return nil, "", status.Errorf(codes.InvalidArgument, "The page_token %q is not one of this list.", token)
	}
	to := min(from+n, len(all))
	if to == len(all) {
		return all[from:], "", nil
	}
	return all[from:to], base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", to, of)), nil
}

func offset(token, of string) (int, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, fmt.Errorf("page token: %w", err)
	}
	number, list, _ := strings.Cut(string(raw), " ")
	if list != of {
		return 0, fmt.Errorf("page token of %s", list)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("page token: bad offset %q", number)
	}
	return n, nil
}
