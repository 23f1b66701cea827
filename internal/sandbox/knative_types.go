package sandbox

import "encoding/json"

// The shapes of the Knative v1 API, as far as `gcloud run` reads and writes
// them (measured with gcloud 528). A field that is not here is refused.

type kMeta struct {
	Name              string            `json:"name,omitempty"`
	Namespace         string            `json:"namespace,omitempty"`
	SelfLink          string            `json:"selfLink,omitempty"`
	UID               string            `json:"uid,omitempty"`
	ResourceVersion   string            `json:"resourceVersion,omitempty"`
	Generation        int64             `json:"generation,omitempty"`
	CreationTimestamp string            `json:"creationTimestamp,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
}

type kService struct {
	APIVersion string          `json:"apiVersion,omitempty"`
	Kind       string          `json:"kind,omitempty"`
	Metadata   kMeta           `json:"metadata"`
	Spec       kServiceSpec    `json:"spec"`
	Status     json.RawMessage `json:"status,omitempty"` // read, never taken from a client
}

type kServiceSpec struct {
	Template kTemplate  `json:"template"`
	Traffic  []kTraffic `json:"traffic,omitempty"`
}

type kTemplate struct {
	Metadata kMeta         `json:"metadata,omitzero"`
	Spec     kRevisionSpec `json:"spec"`
}

type kRevisionSpec struct {
	ContainerConcurrency int32             `json:"containerConcurrency,omitempty"`
	TimeoutSeconds       int64             `json:"timeoutSeconds,omitempty"`
	ServiceAccountName   string            `json:"serviceAccountName,omitempty"`
	Containers           []kContainer      `json:"containers,omitempty"`
	NodeSelector         map[string]string `json:"nodeSelector,omitempty"`
}

type kContainer struct {
	Name         string      `json:"name,omitempty"`
	Image        string      `json:"image,omitempty"`
	Command      []string    `json:"command,omitempty"`
	Args         []string    `json:"args,omitempty"`
	Env          []kEnv      `json:"env,omitempty"`
	Ports        []kPort     `json:"ports,omitempty"`
	Resources    *kResources `json:"resources,omitempty"`
	StartupProbe *kProbe     `json:"startupProbe,omitempty"`
}

type kEnv struct {
	Name      string      `json:"name"`
	Value     string      `json:"value,omitempty"`
	ValueFrom *kValueFrom `json:"valueFrom,omitempty"`
}

type kValueFrom struct {
	SecretKeyRef kSecretKeyRef `json:"secretKeyRef"`
}

type kSecretKeyRef struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

type kPort struct {
	Name          string `json:"name,omitempty"`
	ContainerPort int32  `json:"containerPort,omitempty"`
}

type kResources struct {
	Limits map[string]string `json:"limits,omitempty"`
}

// kProbe is shown and taken back, but only its kept copy in the store counts: of
// probes the facade knows enough to echo them.
type kProbe struct {
	TimeoutSeconds   int32          `json:"timeoutSeconds,omitempty"`
	PeriodSeconds    int32          `json:"periodSeconds,omitempty"`
	FailureThreshold int32          `json:"failureThreshold,omitempty"`
	TCPSocket        map[string]int `json:"tcpSocket,omitempty"`
}

type kTraffic struct {
	RevisionName   string `json:"revisionName,omitempty"`
	LatestRevision bool   `json:"latestRevision,omitempty"`
	Percent        int32  `json:"percent,omitempty"`
	Tag            string `json:"tag,omitempty"`
	URL            string `json:"url,omitempty"`
}

type kServiceStatus struct {
	ObservedGeneration        int64             `json:"observedGeneration,omitempty"`
	Conditions                []kCondition      `json:"conditions,omitempty"`
	LatestReadyRevisionName   string            `json:"latestReadyRevisionName,omitempty"`
	LatestCreatedRevisionName string            `json:"latestCreatedRevisionName,omitempty"`
	Traffic                   []kTraffic        `json:"traffic,omitempty"`
	URL                       string            `json:"url,omitempty"`
	Address                   map[string]string `json:"address,omitempty"`
}

type kCondition struct {
	Type               string `json:"type"`
	Status             string `json:"status"`
	Reason             string `json:"reason,omitempty"`
	Message            string `json:"message,omitempty"`
	Severity           string `json:"severity,omitempty"`
	LastTransitionTime string `json:"lastTransitionTime,omitempty"`
}

type kRevision struct {
	APIVersion string          `json:"apiVersion,omitempty"`
	Kind       string          `json:"kind,omitempty"`
	Metadata   kMeta           `json:"metadata"`
	Spec       kRevisionSpec   `json:"spec"`
	Status     kRevisionStatus `json:"status"`
}

type kRevisionStatus struct {
	ObservedGeneration int64        `json:"observedGeneration,omitempty"`
	Conditions         []kCondition `json:"conditions,omitempty"`
	ImageDigest        string       `json:"imageDigest,omitempty"`
	LogURL             string       `json:"logUrl,omitempty"`
}

type kList struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Items      []any             `json:"items"`
}
