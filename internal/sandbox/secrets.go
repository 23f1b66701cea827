package sandbox

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	secretForm  = "projects/*/secrets/*"
	versionForm = "projects/*/secrets/*/versions/*"
)

// secretManager is google.cloud.secretmanager.v1.SecretManagerService. Names in
// its answers carry the project's number, as the real service's do.
type secretManager struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer
	place
	v        *vault
	pageSize int
	violate  func(format string, args ...any)
}

func (st State) proto() secretmanagerpb.SecretVersion_State {
	return secretmanagerpb.SecretVersion_State(st)
}

func (m *secretManager) name(secret string) string {
	return "projects/" + m.number + "/secrets/" + secret
}

// findLocked looks a secret up. The text for a missing one is Secret Manager's
// (repo-automation-bots#3385).
func (m *secretManager) findLocked(name, form, permission string) (*secret, []string, error) {
	vars, err := m.parse(name, form, permission)
	if err != nil {
		return nil, nil, err
	}
	sec, ok := m.v.secrets[vars[0]]
	if !ok {
		return nil, nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", m.name(vars[0]))
	}
	return sec, vars, nil
}

func (m *secretManager) view(sec *secret) *secretmanagerpb.Secret {
	return &secretmanagerpb.Secret{
		Name: m.name(sec.name), CreateTime: timestamppb.New(sec.created), Etag: `"1"`,
		Replication: &secretmanagerpb.Replication{
			Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}},
		},
	}
}

func (m *secretManager) viewVersion(sec *secret, number int) *secretmanagerpb.SecretVersion {
	ver := sec.versions[number-1]
	out := &secretmanagerpb.SecretVersion{
		Name:       m.name(sec.name) + "/versions/" + strconv.Itoa(number),
		CreateTime: timestamppb.New(ver.created), State: ver.state.proto(),
		Etag: strconv.Quote(strconv.Itoa(number) + "-" + ver.state.proto().String()),
	}
	if ver.state == Destroyed {
		out.DestroyTime = timestamppb.New(ver.destroyed)
	}
	return out
}

func (m *secretManager) GetSecret(_ context.Context, q *secretmanagerpb.GetSecretRequest) (*secretmanagerpb.Secret, error) {
	m.v.mu.Lock()
	defer m.v.mu.Unlock()
	sec, _, err := m.findLocked(q.GetName(), secretForm, "secretmanager.secrets.get")
	if err != nil {
		return nil, err
	}
	return m.view(sec), nil
}

func (m *secretManager) ListSecrets(_ context.Context, q *secretmanagerpb.ListSecretsRequest) (*secretmanagerpb.ListSecretsResponse, error) {
	if _, err := m.parse(q.GetParent(), "projects/*", "secretmanager.secrets.list"); err != nil {
		return nil, err
	}
	if q.GetFilter() != "" {
		return nil, status.Error(codes.Unimplemented, "filters of ListSecrets are not emulated")
	}
	m.v.mu.Lock()
	defer m.v.mu.Unlock()
	names := slices.Sorted(maps.Keys(m.v.secrets))
	some, next, err := page(names, q.GetPageSize(), m.pageSize, q.GetPageToken(), q.GetParent()+"/secrets")
	if err != nil {
		return nil, err
	}
	out := &secretmanagerpb.ListSecretsResponse{NextPageToken: next, TotalSize: int32(len(names))}
	for _, n := range some {
		out.Secrets = append(out.Secrets, m.view(m.v.secrets[n]))
	}
	return out, nil
}

func (m *secretManager) GetSecretVersion(_ context.Context, q *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	m.v.mu.Lock()
	defer m.v.mu.Unlock()
	sec, vars, err := m.findLocked(q.GetName(), versionForm, "secretmanager.versions.get")
	if err != nil {
		return nil, err
	}
	n, ver := sec.version(vars[1])
	if ver == nil {
		return nil, status.Errorf(codes.NotFound, "Secret Version [%s/versions/%s] not found.", m.name(sec.name), vars[1])
	}
	return m.viewVersion(sec, n), nil
}

// ListSecretVersions lists the newest first.
func (m *secretManager) ListSecretVersions(_ context.Context, q *secretmanagerpb.ListSecretVersionsRequest) (*secretmanagerpb.ListSecretVersionsResponse, error) {
	if q.GetFilter() != "" {
		return nil, status.Error(codes.Unimplemented, "filters of ListSecretVersions are not emulated")
	}
	m.v.mu.Lock()
	defer m.v.mu.Unlock()
	sec, _, err := m.findLocked(q.GetParent(), secretForm, "secretmanager.versions.list")
	if err != nil {
		return nil, err
	}
	var all []*secretmanagerpb.SecretVersion
	for n := len(sec.versions); n > 0; n-- {
		all = append(all, m.viewVersion(sec, n))
	}
	all, next, err := page(all, q.GetPageSize(), m.pageSize, q.GetPageToken(), q.GetParent()+"/versions")
	if err != nil {
		return nil, err
	}
	return &secretmanagerpb.ListSecretVersionsResponse{Versions: all, NextPageToken: next, TotalSize: int32(len(sec.versions))}, nil
}

// AccessSecretVersion is always denied, and asking for it is a violation: the
// provider must never read a payload.
func (m *secretManager) AccessSecretVersion(_ context.Context, q *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	m.violate("secretmanager.AccessSecretVersion: somebody asked for the payload of %s", q.GetName())
	return nil, denied("secretmanager.versions.access", q.GetName())
}

func (m *secretManager) GetIamPolicy(_ context.Context, q *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	m.v.mu.Lock()
	defer m.v.mu.Unlock()
	sec, _, err := m.findLocked(q.GetResource(), secretForm, "secretmanager.secrets.getIamPolicy")
	if err != nil {
		return nil, err
	}
	return clonePolicy(sec.policy), nil
}

func (m *secretManager) SetIamPolicy(_ context.Context, q *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	m.v.mu.Lock()
	defer m.v.mu.Unlock()
	sec, _, err := m.findLocked(q.GetResource(), secretForm, "secretmanager.secrets.setIamPolicy")
	if err != nil {
		return nil, err
	}
	if sec.policy, err = nextPolicy(sec.policy, q); err != nil {
		return nil, err
	}
	return clonePolicy(sec.policy), nil
}

// TestIamPermissions answers for the caller, about a resource that need not
// exist (iam.v1: an empty set, not NOT_FOUND).
func (m *secretManager) TestIamPermissions(_ context.Context, q *iampb.TestIamPermissionsRequest) (*iampb.TestIamPermissionsResponse, error) {
	vars, err := m.parse(q.GetResource(), secretForm, "secretmanager.secrets.get")
	if err != nil {
		return nil, err
	}
	m.v.mu.Lock()
	_, ok := m.v.secrets[vars[0]]
	m.v.mu.Unlock()
	if !ok {
		return &iampb.TestIamPermissionsResponse{}, nil
	}
	return m.v.held(q.GetPermissions()), nil
}
