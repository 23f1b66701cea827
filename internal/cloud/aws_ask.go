package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// AWSJSON asks one action of a service that speaks JSON, for which no client is
// linked: service is its name in signatures ("secretsmanager"), target what
// stands before the action and the action ("secretsmanager.DescribeSecret"). Of
// the answer, only the fields that out names are decoded. What is refused is an
// error as the SDK's own clients return it: see AWSError.
func (c *Clients) AWSJSON(ctx context.Context, region, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("ask %s: %w", target, err)
	}
	_, action, _ := strings.Cut(target, ".")
	return c.askAWS(ctx, asked{
		region: region, service: service, action: action, method: http.MethodPost, path: "/", body: body, decode: json.Unmarshal,
		header: map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target},
	}, out)
}

// AWSQuery asks one action of a service that takes a form and answers in XML:
// version is that of its API ("2010-05-08"). out is decoded from the whole
// answer, so its fields are named from the root: `xml:"GetRoleResult>Role>Arn"`.
func (c *Clients) AWSQuery(ctx context.Context, region, service, version, action string, in url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {version}}
	maps.Copy(form, in)
	return c.askAWS(ctx, asked{
		region: region, service: service, action: action, method: http.MethodPost, path: "/", body: []byte(form.Encode()), decode: xml.Unmarshal,
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
	}, out)
}

// AWSRest asks a service by method and path, S3 among them. The segments of the
// path are escaped already. out is decoded from JSON or XML, as the answer says
// that it is; an *http.Header takes the answer's header, also of one that
// refuses: a HEAD has nothing else.
func (c *Clients) AWSRest(ctx context.Context, region, service, method, path string, query url.Values, in, out any) error {
	a := asked{region: region, service: service, action: method + " " + path, method: method, path: path, query: query, header: map[string]string{}}
	if service != "s3" { // API Gateway answers in HAL otherwise
		a.header["Accept"] = "application/json"
	}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("ask %s: %w", service, err)
		}
		a.body, a.header["Content-Type"] = body, "application/json"
	}
	return c.askAWS(ctx, a, out)
}

// asked is a request before it is signed.
type asked struct {
	region, service, action, method, path string
	query                                 url.Values
	header                                map[string]string
	body                                  []byte
	decode                                func([]byte, any) error // nil: by the answer's type
}

// lost says which errors are none of an answer, of what changes nothing.
func (a asked) lost() func(error) bool {
	if a.method == http.MethodGet || a.method == http.MethodHead {
		return awsLost
	}
	return lostOf(a.action)
}

func (c *Clients) askAWS(ctx context.Context, a asked, out any) error {
	cfg, _, err := c.awsIn(ctx, a.region)
	if err != nil {
		return err
	}
	err = c.pacedAWS(ctx, a.service, cfg.Region, a.action, a.lost(), func(ctx context.Context) error {
		return c.askOnce(ctx, cfg, a, out)
	})
	if err != nil {
		return &smithy.OperationError{ServiceID: a.service, OperationName: a.action, Err: err}
	}
	return nil
}

func (c *Clients) askOnce(ctx context.Context, cfg aws.Config, a asked, out any) error {
	request, err := c.signed(ctx, cfg, a)
	if err != nil {
		return err
	}
	answer, err := cfg.HTTPClient.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer answer.Body.Close()
	header, headed := out.(*http.Header)
	if headed {
		*header = answer.Header
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	switch {
	case err != nil:
		return &smithyhttp.RequestSendError{Err: err}
	case answer.StatusCode >= http.StatusMultipleChoices:
		return refused(answer, text)
	case headed, out == nil:
		return nil
	}
	if err := a.reader(answer)(text, out); err != nil {
		return answered(answer, &smithy.DeserializationError{Err: err})
	}
	return nil
}

func (a asked) reader(answer *http.Response) func([]byte, any) error {
	switch {
	case a.decode != nil:
		return a.decode
	case strings.Contains(answer.Header.Get("Content-Type"), "xml"):
		return xml.Unmarshal
	}
	return json.Unmarshal
}

// signed returns the request with its signature, which is of this moment: each
// try has its own.
func (c *Clients) signed(ctx context.Context, cfg aws.Config, a asked) (*http.Request, error) {
	at, region := c.awsAddress(ctx, cfg, a.service)
	at += a.path
	if len(a.query) > 0 {
		at += "?" + a.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, a.method, at, bytes.NewReader(a.body))
	if err != nil {
		return nil, errors.New("the address of " + a.service + " is none")
	}
	for name, value := range a.header {
		request.Header.Set(name, value)
	}
	request.Header.Set("User-Agent", c.config.UserAgent)
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // signer says what it is
	}
	sum := sha256.Sum256(a.body)
	hash := hex.EncodeToString(sum[:])
	if a.service == "s3" { // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
		request.Header.Set("X-Amz-Content-Sha256", hash)
	}
	err = v4.NewSigner().SignHTTP(ctx, creds, request, hash, a.service, region, c.config.Clock.Now(), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = a.service == "s3"
	})
	return request, err //nolint:wrapcheck // it names what it could not sign
}

// said is an error in either form that XML has it: alone, or within the answer,
// as https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and
// https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html have it.
type said struct {
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
}

// refused returns the error of any of the protocols; JSON has the code in a
// header or in the body
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization,
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization).
// One that cannot be read has no code: it may be of anybody.
func refused(answer *http.Response, text []byte) error {
	var inJSON struct{ Type, Code, Message string }
	var typed struct {
		Type string `json:"__type"`
	}
	var inXML struct {
		said
		Error  said   `xml:"Error"`
		Errors []said `xml:"Errors>Error"`
	}
	code, message := answer.Header.Get("X-Amzn-Errortype"), ""
	switch {
	case answer.Request != nil && answer.Request.Method == http.MethodHead: // there is no body
		code = first(code, strings.ReplaceAll(http.StatusText(answer.StatusCode), " ", ""))
	case json.Unmarshal(text, &inJSON) == nil:
		_ = json.Unmarshal(text, &typed) // it was read already
		code, message = first(code, typed.Type, inJSON.Code, inJSON.Type), inJSON.Message
	case xml.Unmarshal(text, &inXML) == nil:
		inXML.Errors = append(inXML.Errors, inXML.Error, inXML.said)
		for _, e := range inXML.Errors {
			code, message = first(code, e.Code), first(message, e.Message)
		}
	}
	code, _, _ = strings.Cut(code, ":")
	code = code[strings.LastIndex(code, "#")+1:]
	if code == "" {
		return answered(answer, &smithy.DeserializationError{Err: errors.New("it is no error of AWS")})
	}
	return answered(answer, &smithy.GenericAPIError{Code: code, Message: message})
}

// answered is an error with what was answered, as the SDK's own clients have it.
func answered(answer *http.Response, err error) error {
	return &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: answer}, Err: err},
		RequestID:     first(answer.Header.Get("X-Amzn-Requestid"), answer.Header.Get("X-Amz-Request-Id")),
	}
}
