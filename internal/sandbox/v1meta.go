package sandbox

import "maps"

// v1meta is what the Knative v1 API can say of a service and v2 cannot show:
// the annotations and labels in Google's own namespaces that have no field in
// v2. They are kept so that a v1 client reads back what it wrote. The maps are
// never changed in place.
type v1meta struct {
	annotations         map[string]string
	templateAnnotations map[string]string
	templateLabels      map[string]string
}

// nonce is the label by which gcloud recognises the revision it just made.
const nonce = "client.knative.dev/nonce"

func (m v1meta) sameTemplate(o v1meta) bool {
	return maps.Equal(m.templateAnnotations, o.templateAnnotations) && maps.Equal(m.templateLabels, o.templateLabels)
}

func (m v1meta) same(o v1meta) bool {
	return m.sameTemplate(o) && maps.Equal(m.annotations, o.annotations)
}

// withoutNonce is for a template that somebody changed through v2.
func (m v1meta) withoutNonce() v1meta {
	if _, ok := m.templateLabels[nonce]; ok {
		m.templateLabels = maps.Clone(m.templateLabels)
		delete(m.templateLabels, nonce)
	}
	return m
}
