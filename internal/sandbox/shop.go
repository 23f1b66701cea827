package sandbox

import (
	"context"
	"fmt"
)

// Shop is what SeedShop has made.
type Shop struct {
	Service string            `json:"service"` // "shop"
	URL     string            `json:"url"`     // of the service
	Images  map[string]string `json:"images"`  // by digest: v1 (live), v2, errors (a fifth fails), broken (never starts)
	Secret  string            `json:"secret"`  // "stripe-key", one enabled version
	Account string            `json:"account"` // the service account that may read it
}

// SeedShop makes a small world for a demonstration: the service shop on image
// v1, three more images, a secret, and the service account that the service runs as.
func (s *Sandbox) SeedShop(ctx context.Context) (Shop, error) {
	shop := Shop{
		Service: "shop", Images: map[string]string{}, Secret: "stripe-key",
		Account: "shop@" + s.project + ".iam.gserviceaccount.com",
	}
	for tag, b := range map[string]Behaviour{
		"v1": {Version: "v1"}, "v2": {Version: "v2"},
		"errors": {Version: "errors", ErrorShare: 0.2}, "broken": {Version: "broken", FailStart: FailListen},
	} {
		ref, err := s.Image("shop/api", tag, b)
		if err != nil {
			return shop, err
		}
		shop.Images[tag] = ref
	}
	s.ServiceAccount(shop.Account, false)
	s.Secret(shop.Secret, Enabled)
	if err := s.Grant(shop.Secret, accessor, "serviceAccount:"+shop.Account); err != nil {
		return shop, fmt.Errorf("seed shop: %w", err)
	}
	if err := s.CreateService(ctx, shop.Service, shop.Images["v1"], RunAs(shop.Account), SecretEnv("STRIPE_KEY", shop.Secret, "1")); err != nil {
		return shop, err
	}
	shop.URL = s.ServiceURL(shop.Service)
	return shop, nil
}
