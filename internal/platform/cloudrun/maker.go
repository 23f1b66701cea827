package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	lookAgain = 500 * time.Millisecond // between looks for a revision that was just made
	appears   = 2 * time.Minute        // longest until the platform names it
)

// Content implements rollout.Maker.
func (t *service) Content(ctx context.Context) (string, error) {
	want, err := t.wanted(ctx)
	if err != nil {
		return "", err
	}
	return identity(want, t.project), nil
}

// wanted is the template that the configuration asks for, on the live one.
func (t *service) wanted(ctx context.Context) (*runpb.RevisionTemplate, error) {
	if t.last == nil {
		if _, err := t.Observe(ctx); err != nil {
			return nil, err
		}
	}
	w, err := t.wish(ctx)
	if err != nil {
		return nil, err
	}
	return patch(t.last.GetTemplate(), *w, t.project)
}

// planned describes what would be made.
func (t *service) planned(ctx context.Context) (rollout.Subject, error) {
	want, err := t.wanted(ctx)
	if err != nil {
		return rollout.Subject{}, err
	}
	return rollout.Subject{Revision: "the revision to be made", Env: envNames(want.GetContainers()), Facts: map[string]string{
		"project": t.project, "location": t.location, "service": t.service,
		"content": identity(want, t.project), "image": ingress(want.GetContainers()).GetImage(),
	}}, nil
}

// wish resolves what the configuration wants, once: a rollout does not change
// its mind about what "latest" is in the middle.
func (t *service) wish(ctx context.Context) (*wish, error) {
	if t.resolved != nil {
		return t.resolved, nil
	}
	w := wish{image: t.settings.image, env: t.settings.env, command: t.settings.command, args: t.settings.args, triggers: t.settings.triggers, secrets: map[string]secretRef{}}
	digest, err := t.clients.ImageByDigest(ctx, w.image)
	if err != nil {
		return nil, err
	}
	w.image = digest
	versions, err := t.secretVersions(ctx, t.settings.secrets)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		if err := versions[name].err; err != nil {
			return nil, err
		}
		w.secrets[name] = versions[name].ref
	}
	t.resolved = &w
	return t.resolved, nil
}

// found is what Secret Manager says of one version: its number and state. The
// value is never asked for.
type found struct {
	asked, ref secretRef
	state      secretmanagerpb.SecretVersion_State
	err        error
}

// secretVersions asks for the metadata of secrets by setting.
func (t *service) secretVersions(ctx context.Context, secrets map[string]secretRef) (map[string]found, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	client, err := t.clients.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		out = map[string]found{}
	)
	for name, asked := range secrets {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, oneCall)
			defer cancel()
			v, err := client.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: asked.String()})
			f := found{asked: asked, ref: asked, state: v.GetState(), err: cloud.GoogleError("read the metadata of "+asked.String(), err)}
			if err == nil {
				// The answer names the project by number; ours stays as given.
				f.ref.version = string(short(v.GetName()))
			}
			mu.Lock()
			defer mu.Unlock()
			out[name] = f
		})
	}
	all.Wait()
	return out, nil
}

// versions implements Place.Secrets.
func (t *service) versions(ctx context.Context) (map[string]string, error) {
	all, err := t.secretVersions(ctx, t.settings.secrets)
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := all[name].err; err != nil {
			return nil, err
		}
		out[name] = all[name].ref.in(t.project) + ":" + all[name].ref.version
	}
	return out, err
}

// Find implements rollout.Maker: every revision is compared, whoever made it.
func (t *service) Find(ctx context.Context) (rollout.Revision, error) {
	want, err := t.wanted(ctx)
	if err != nil {
		return "", err
	}
	found, err := t.alike(ctx, identity(want, t.project))
	return usable(found), err
}

func usable(revisions []*runpb.Revision) rollout.Revision {
	for _, r := range revisions {
		if health(r).State != rollout.Broken {
			return short(r.GetName())
		}
	}
	return ""
}

// alike lists every revision that has the wanted content, as the platform
// orders them: the newest first.
func (t *service) alike(ctx context.Context, wanted string) ([]*runpb.Revision, error) {
	client, err := t.clients.CloudRunRevisions(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 4*oneCall)
	defer cancel()
	var out []*runpb.Revision
	all := client.ListRevisions(ctx, &runpb.ListRevisionsRequest{Parent: t.String(), PageSize: 100})
	for {
		r, err := all.Next()
		if err == iterator.Done { //nolint:errorlint // the iterator's documented sentinel
			return out, nil
		}
		if err != nil {
			return nil, cloud.GoogleError("list the revisions of "+t.String(), err)
		}
		if identity(asTemplate(r), t.project) == wanted {
			out = append(out, r)
		}
	}
}

// Make implements rollout.Maker: the patched template and the traffic go out
// in one conditional call, so that nothing is ever routed to what is new.
func (t *service) Make(ctx context.Context, at rollout.Token) (rollout.Revision, error) {
	s, err := t.at(ctx, at)
	if err != nil {
		return "", err
	}
	t.last = s
	want, err := t.wanted(ctx)
	if err != nil {
		return "", err
	}
	wanted := identity(want, t.project)
	had, err := t.alike(ctx, wanted)
	if err != nil {
		return "", err
	}
	if made := usable(had); made != "" {
		return made, nil
	}
	if wanted == identity(s.GetTemplate(), t.project) {
		want.Annotations[againKey] = string(short(s.GetLatestCreatedRevision()))
	}
	err = t.update(ctx, &runpb.Service{
		Name: t.String(), Etag: string(at), Template: want, Traffic: withCandidate(s, t.marks),
	}, "template", "traffic")
	if err != nil {
		return "", err
	}
	made, err := t.made(ctx, short(s.GetLatestCreatedRevision()), wanted, had)
	if err != nil {
		// What kept it from looking is no answer to the write, which was taken:
		// to the caller ErrDenied or ErrGone would mean that nothing has changed.
		return "", errors.New("the revision was asked for, and not seen: " + err.Error())
	}
	return made, nil
}

// made waits until the platform names what it makes. The newest revision is not
// believed to be it: somebody may have made another one in the same moment.
func (t *service) made(ctx context.Context, before rollout.Revision, wanted string, had []*runpb.Revision) (rollout.Revision, error) {
	clock, newest := t.clients.Clock(), before
	for end := clock.Now().Add(appears); clock.Now().Before(end); {
		s, err := t.get(ctx)
		if err != nil {
			return "", err
		}
		if newest = short(s.GetLatestCreatedRevision()); newest != before {
			made, err := t.alike(ctx, wanted)
			if err != nil {
				return "", err
			}
			if r := without(made, had); r != "" {
				return r, nil
			}
		}
		if err := clock.Sleep(ctx, lookAgain); err != nil {
			return "", err
		}
	}
	if newest != before {
		return "", fmt.Errorf("%s: for %s no new revision had the content that was asked for; the newest is %s", t.place, rollout.Short(appears), newest)
	}
	return "", fmt.Errorf("%s: the platform named no new revision within %s", t.place, rollout.Short(appears))
}

// without returns the first of the revisions that is not among those that were
// there before.
func without(revisions, before []*runpb.Revision) rollout.Revision {
	for _, r := range revisions {
		if !slices.ContainsFunc(before, func(b *runpb.Revision) bool { return b.GetName() == r.GetName() }) {
			return short(r.GetName())
		}
	}
	return ""
}
