package environment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	describeDefinition = "ecs:DescribeTaskDefinition"
	describeServices   = "ecs:DescribeServices"
	listServices       = "ecs:ListServices"
	describeTargets    = "application-autoscaling:DescribeScalableTargets"

	// ecsAPI stands before the actions of Amazon ECS.
	ecsAPI = "AmazonEC2ContainerServiceV20141113."
)

// taskDefinition is what is decoded of one
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html).
type taskDefinition struct {
	Arn           string `json:"taskDefinitionArn"`
	CPU           string `json:"cpu"`
	Memory        string `json:"memory"`
	Network       string `json:"networkMode"`
	TaskRole      string `json:"taskRoleArn"`
	ExecutionRole string `json:"executionRoleArn"`
	Platform      struct {
		Architecture string `json:"cpuArchitecture"`
		System       string `json:"operatingSystemFamily"`
	} `json:"runtimePlatform"`
	Ephemeral struct {
		Size int `json:"sizeInGiB"`
	} `json:"ephemeralStorage"`
	Volumes []struct {
		Name   string    `json:"name"`
		EFS    *struct{} `json:"efsVolumeConfiguration"`
		Docker *struct{} `json:"dockerVolumeConfiguration"`
	} `json:"volumes"`
	Containers []container `json:"containerDefinitions"`
}

// container is one of its containers: names of variables, not their values
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html).
type container struct {
	Name        string   `json:"name"`
	Image       string   `json:"image"`
	CPU         int      `json:"cpu"`
	Memory      int      `json:"memory"`
	Reservation int      `json:"memoryReservation"`
	Command     []string `json:"command"`
	EntryPoint  []string `json:"entryPoint"`
	ReadOnly    bool     `json:"readonlyRootFilesystem"`
	StopTimeout int      `json:"stopTimeout"`
	Environment []struct {
		Name string `json:"name"`
	} `json:"environment"`
	Files   []struct{} `json:"environmentFiles"`
	Secrets []struct {
		Name string `json:"name"`
		From string `json:"valueFrom"`
	} `json:"secrets"`
	Ports []struct {
		Container int `json:"containerPort"`
	} `json:"portMappings"`
	Health *struct{} `json:"healthCheck"`
	Log    struct {
		Driver string `json:"logDriver"`
	} `json:"logConfiguration"`
	Mounts []struct {
		Volume string `json:"sourceVolume"`
		Path   string `json:"containerPath"`
	} `json:"mountPoints"`
}

// service is what is decoded of one
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html).
type service struct {
	Arn       string `json:"serviceArn"`
	Name      string `json:"serviceName"`
	Cluster   string `json:"clusterArn"`
	Status    string `json:"status"`
	Desired   int    `json:"desiredCount"`
	Launch    string `json:"launchType"`
	Version   string `json:"platformVersion"`
	Exec      bool   `json:"enableExecuteCommand"`
	Providers []struct {
		Name string `json:"capacityProvider"`
	} `json:"capacityProviderStrategy"`
	Network struct {
		VPC struct {
			Public string `json:"assignPublicIp"`
		} `json:"awsvpcConfiguration"`
	} `json:"networkConfiguration"`
	Configuration struct {
		Breaker struct {
			Enable bool `json:"enable"`
		} `json:"deploymentCircuitBreaker"`
	} `json:"deploymentConfiguration"`
	LoadBalancers []struct {
		Group     string `json:"targetGroupArn"`
		Container string `json:"containerName"`
	} `json:"loadBalancers"`
	Deployments []deployment `json:"deployments"`
}

// deployment is one of a service
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html).
type deployment struct {
	Status         string  `json:"status"`
	TaskDefinition string  `json:"taskDefinition"`
	State          string  `json:"rolloutState"`
	Running        int     `json:"runningCount"`
	Updated        float64 `json:"updatedAt"`
}

func (p place) ecs(ctx context.Context, clients *cloud.Clients, action string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	return clients.AWSJSON(ctx, p.region, "ecs", ecsAPI+action, in, out)
}

// definition reads a task definition by itself.
func (p place) definition(ctx context.Context, clients *cloud.Clients) (deployed, trouble) {
	of, t := p.describe(ctx, clients, p.at)
	if t != nil {
		return deployed{}, t
	}
	return p.task(of, p.container)
}

// describe reads a task definition. One that there is not is a ClientException.
func (p place) describe(ctx context.Context, clients *cloud.Clients, arn string) (taskDefinition, trouble) {
	var out struct {
		Definition taskDefinition `json:"taskDefinition"`
	}
	err := p.ecs(ctx, clients, "DescribeTaskDefinition", map[string]any{"taskDefinition": arn}, &out)
	switch {
	case err != nil && ctx.Err() == nil && cloud.AWSCode(err) == "ClientException":
		return out.Definition, func(ctx context.Context, f rollout.Finding) rollout.Finding {
			p.sort, p.at = ofDefinition, arn
			return p.gone(ctx, f)
		}
	case err != nil:
		return out.Definition, p.unread(describeDefinition, err)
	case out.Definition.Arn == "" || len(out.Definition.Containers) == 0:
		return out.Definition, p.says(rollout.Skipped, msgOdd)
	}
	return out.Definition, nil
}

// task is what a task definition says; app names the container that is the app.
func (p place) task(of taskDefinition, app string) (deployed, trouble) {
	out := deployed{live: short(of.Arn), families: ofContainers}
	own := slices.IndexFunc(of.Containers, func(c container) bool { return c.Name == app })
	if app == "" {
		own = max(0, slices.IndexFunc(of.Containers, func(c container) bool { return len(c.Ports) > 0 }))
	}
	if own < 0 {
		return deployed{}, p.says(rollout.Failed, msgNoContainer, "definition", out.live, "container", app)
	}
	a := adds{to: &out.settings}
	for key, value := range map[string]string{
		"cpu":               units1024(of.CPU),
		"memory":            memoryOf(of.Memory),
		"network":           or(of.Network, "default"),
		"architecture":      strings.ToLower(or(of.Platform.Architecture, "X86_64")),
		"system":            strings.ToLower(or(of.Platform.System, "LINUX")),
		"identity":          map[bool]string{true: "own", false: "none"}[of.TaskRole != ""],
		"execution_role":    there(of.ExecutionRole != ""),
		"ephemeral_storage": amount(of.Ephemeral.Size, " GiB"),
	} {
		a.add(key, value)
	}
	for _, v := range of.Volumes {
		sort := "host"
		switch {
		case v.EFS != nil:
			sort = "efs"
		case v.Docker != nil:
			sort = "docker"
		}
		a.add("volume."+v.Name, sort)
	}
	for i, c := range of.Containers {
		out.container(c, i == own)
	}
	return out, nil
}

// container adds one, the app itself or another beside it.
func (d *deployed) container(c container, own bool) {
	a := adds{to: &d.settings}
	if !own {
		a.add("container."+c.Name, "there")
		a.prefix, a.parent = "container."+c.Name+".", "container."+c.Name
	}
	of := imageOf(c.Name, c.Image)
	d.artifacts = append(d.artifacts, of)
	a.artifact("image", of)
	a.hide("command", slices.Concat(c.EntryPoint, c.Command)...)
	port := "none"
	for _, p := range c.Ports {
		port = fmt.Sprint(p.Container)
	}
	for key, value := range map[string]string{
		"port":                         port,
		"container_cpu":                amount(c.CPU, ""),
		"container_memory":             amount(c.Memory, " MiB"),
		"container_memory_reservation": amount(c.Reservation, " MiB"),
		"stop_timeout":                 amount(c.StopTimeout, "s"),
		"health_check":                 there(c.Health != nil),
		"log_driver":                   or(c.Log.Driver, "none"),
		"read_only":                    yes(c.ReadOnly),
	} {
		a.add(key, value)
	}
	files := setting{key: a.prefix + "environment_files", value: fmt.Sprint(len(c.Files)), parent: a.parent}
	if len(c.Files) > 0 {
		files.unknown = "its names stand in files, which are not read"
	}
	d.settings = append(d.settings, files)
	for _, e := range c.Environment {
		a.plain(e.Name)
	}
	for _, s := range c.Secrets {
		name, version := secretOf(s.From)
		a.secret(s.Name, name, version)
	}
	for _, m := range c.Mounts {
		adds{to: &d.settings, parent: "volume." + m.Volume}.add(a.prefix+"volume."+m.Volume+".path", m.Path)
	}
}

// secretOf is the name of a secret or of a parameter, and whether its version stays
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html).
// A secret's ARN ends with six random characters, and may be followed by a key in
// it, a stage and a version.
func secretOf(from string) (name, version string) {
	parts := strings.Split(from, ":")
	const ofARN, stage, id = 6, 8, 9
	if len(parts) < ofARN || parts[0] != "arn" {
		return strings.TrimPrefix(from, "/"), "latest"
	}
	if parts[2] == "ssm" {
		return strings.TrimPrefix(parts[5], "parameter/"), "latest"
	}
	if len(parts) > ofARN {
		name = parts[ofARN]
	}
	if dash := strings.LastIndexByte(name, '-'); dash > 0 && len(name)-dash == len("-AbCdEf") {
		name = name[:dash]
	}
	version = "latest"
	switch {
	case len(parts) > id && parts[id] != "":
		version = "pinned"
	case len(parts) > stage && parts[stage] != "" && parts[stage] != "AWSCURRENT":
		version = "stage " + parts[stage]
	}
	return name, version
}

// service reads a service by its ARN, and the task definition of its tasks.
func (p place) service(ctx context.Context, clients *cloud.Clients) (deployed, trouble) {
	parts := strings.Split(p.at, "/") // arn:…:service/CLUSTER/NAME
	found, t := p.services(ctx, clients, parts[1], p.at)
	if t != nil {
		return deployed{}, t
	}
	for _, s := range found {
		if s.Arn == p.at && s.Status == "ACTIVE" {
			return p.serviceOf(ctx, clients, s)
		}
	}
	return deployed{}, p.gone
}

// services reads several of a cluster.
func (p place) services(ctx context.Context, clients *cloud.Clients, cluster string, arns ...string) ([]service, trouble) {
	var out struct {
		Services []service `json:"services"`
		Failures []struct {
			Arn string `json:"arn"`
		} `json:"failures"`
	}
	if err := p.ecs(ctx, clients, "DescribeServices", map[string]any{"cluster": cluster, "services": arns}, &out); err != nil {
		return nil, p.unread(describeServices, err)
	}
	if len(out.Services)+len(out.Failures) == 0 {
		return nil, p.says(rollout.Skipped, msgOdd)
	}
	return out.Services, nil
}

// serviceOf is what a service has live: the task definition of most of its tasks.
func (p place) serviceOf(ctx context.Context, clients *cloud.Clients, s service) (deployed, trouble) {
	now := s.live()
	if now.TaskDefinition == "" {
		return deployed{}, p.says(rollout.Failed, msgNobody)
	}
	of, t := p.describe(ctx, clients, now.TaskDefinition)
	if t != nil {
		return deployed{}, t
	}
	app := p.container
	for _, b := range s.LoadBalancers {
		app = or(app, b.Container)
	}
	out, t := p.task(of, app)
	if t != nil {
		return deployed{}, t
	}
	out.moving = s.moving()
	out.since = time.UnixMilli(int64(now.Updated * 1000)) //nolint:mnd // seconds
	return out, p.scaled(ctx, clients, s, &out)
}

// live is the deployment that has most tasks; of two that have as many, the one that
// is wanted.
func (s service) live() deployment {
	var out deployment
	for _, d := range s.Deployments {
		if out.TaskDefinition == "" || d.Running > out.Running || d.Running == out.Running && d.Status == "PRIMARY" {
			out = d
		}
	}
	return out
}

// moving says why nobody is promoted.
func (s service) moving() string {
	switch {
	case len(s.Deployments) > 1:
		return fmt.Sprintf("the service %s is being deployed: %d deployments have tasks", s.Name, len(s.Deployments))
	case s.Deployments[0].State != "COMPLETED":
		return fmt.Sprintf("the deployment of the service %s is %s", s.Name, or(s.Deployments[0].State, "of no known state"))
	case s.Deployments[0].Running == 0:
		return fmt.Sprintf("no task of the service %s runs", s.Name)
	}
	return ""
}

// scaled adds what a service says of its tasks, and how many it may have
// (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html).
func (p place) scaled(ctx context.Context, clients *cloud.Clients, s service, d *deployed) trouble {
	if p.artifactsAlone {
		return nil
	}
	var found struct {
		Targets []struct {
			Resource string `json:"ResourceId"`
			Min      int    `json:"MinCapacity"`
			Max      int    `json:"MaxCapacity"`
		} `json:"ScalableTargets"`
	}
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	resource := "service/" + short(s.Cluster) + "/" + s.Name
	in := map[string]any{"ServiceNamespace": "ecs", "ResourceIds": []string{resource}, "ScalableDimension": "ecs:service:DesiredCount"}
	if err := clients.AWSJSON(limited, p.region, "application-autoscaling", "AnyScaleFrontendService.DescribeScalableTargets", in, &found); err != nil {
		return p.ofAmazon(describeTargets, err)
	}
	scaling, least, greatest := "fixed", s.Desired, s.Desired
	for _, t := range found.Targets {
		if t.Resource == resource {
			scaling, least, greatest = "automatic", t.Min, t.Max
		}
	}
	launch := or(s.Launch, "EC2")
	if len(s.Providers) > 0 {
		launch = ""
		for _, c := range s.Providers {
			launch += ", " + c.Name
		}
		launch = launch[2:]
	}
	a := adds{to: &d.settings}
	for key, value := range map[string]string{
		"scaling":          scaling,
		"min_instances":    fmt.Sprint(least),
		"max_instances":    fmt.Sprint(greatest),
		"launch":           launch,
		"platform_version": or(s.Version, "none"),
		"public_address":   yes(s.Network.VPC.Public == "ENABLED"),
		"circuit_breaker":  yes(s.Configuration.Breaker.Enable),
		"execute_command":  yes(s.Exec),
	} {
		a.add(key, value)
	}
	return nil
}

// short is what stands behind the last slash of an ARN.
func short(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// units1024 reads CPU as task definitions have it: 1024 units are one core, and
// "1 vCPU" says it too.
func units1024(text string) string {
	n, vcpu := strings.CutSuffix(strings.ToLower(text), "vcpu")
	got := cores(strings.TrimSpace(n))
	if whole := 0.0; !vcpu {
		if _, err := fmt.Sscanf(got, "%f", &whole); err == nil {
			return number(whole / 1024) //nolint:mnd // as above
		}
	}
	return got
}

// memoryOf reads memory likewise: "2048" and "2 GB" are the same.
func memoryOf(text string) string {
	if gigabytes, ok := strings.CutSuffix(strings.ToLower(text), "gb"); ok {
		return mebibytes(strings.TrimSpace(gigabytes) + "Gi")
	}
	if text == "" {
		return "default"
	}
	return mebibytes(text + "Mi")
}

func amount(n int, unit string) string {
	if n == 0 {
		return "default"
	}
	return fmt.Sprint(n) + unit
}
