package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// verdict is a response before it is encoded.
type verdict struct {
	allowed  bool
	patch    []byte // RFC 6902, empty for none
	warnings []string
	// denied are the violations that refuse the request; empty if allowed.
	denied []policies.Result
	// decision is what is answered; document is what the rules saw, if they were
	// asked, and judged what they said of it. All are empty for a mutation.
	decision policies.Decision
	document *input.Document
	judged   policies.Decision

	// outcome is the metric label; ops is for the decision's log line.
	outcome outcome
	ops     int
}

// appendReview appends the AdmissionReview that answers uid to b. It is
// written by hand because the patch is already JSON and reflection over
// AdmissionResponse would cost more than all the rest of a mutation.
func (v *verdict) appendReview(b []byte, uid string, subject subject) []byte {
	b = append(b, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":`...)
	b = appendString(b, uid)
	b = append(b, `,"allowed":`...)
	b = strconv.AppendBool(b, v.allowed)
	if len(v.patch) > 0 {
		b = append(b, `,"patchType":"JSONPatch","patch":"`...)
		b = base64.StdEncoding.AppendEncode(b, v.patch)
		b = append(b, '"')
	}
	if !v.allowed {
		b = v.appendStatus(b, subject)
	}
	// The revision is kept in the API server's audit log.
	if v.decision.Revision != "" {
		b = append(b, `,"auditAnnotations":{"policy-revision":`...)
		b = appendString(b, v.decision.Revision)
		if len(v.decision.Excepted) > 0 {
			b = append(b, `,"excepted":`...)
			b = appendString(b, exceptedAnnotation(v.decision.Excepted))
		}
		b = append(b, '}')
	}
	for i, warning := range v.warnings {
		b = append(b, separator(i, `,"warnings":[`)...)
		b = appendString(b, warning)
	}
	if len(v.warnings) > 0 {
		b = append(b, ']')
	}
	return append(b, "}}\n"...)
}

// appendStatus appends the metav1.Status of a refusal: the message that
// kubectl prints, and the same violations as causes for programs.
func (v *verdict) appendStatus(b []byte, subject subject) []byte {
	code, reason := refusal(v.denied)
	b = append(b, `,"status":{"status":"Failure","message":`...)
	b = appendString(b, denialMessage(v.denied))
	b = append(b, `,"reason":"`...)
	b = append(b, reason...)
	b = append(b, `","details":{"name":`...)
	b = appendString(b, subject.name)
	b = append(b, `,"group":`...)
	b = appendString(b, subject.kind.Group)
	b = append(b, `,"kind":`...)
	b = appendString(b, subject.kind.Kind)
	for i, result := range v.denied {
		b = append(b, separator(i, `,"causes":[`)...)
		b = append(b, `{"reason":`...)
		b = appendString(b, result.ID)
		b = append(b, `,"message":`...)
		// kubectl shows of a cause the field and the message only.
		b = appendString(b, sentence(result)+" ("+result.ID+")")
		b = append(b, `,"field":`...)
		b = appendString(b, result.Field)
		b = append(b, '}')
	}
	if len(v.denied) > 0 {
		b = append(b, ']')
	}
	b = append(b, `},"code":`...)
	b = strconv.AppendInt(b, int64(code), 10)
	return append(b, '}')
}

// refusal is the status of a refused request. An object whose annotations
// cannot be read is invalid in itself, whatever the policy says (422, like a
// field that fails the API server's validation); everything else is forbidden
// by policy (403).
func refusal(denied []policies.Result) (code int, reason string) {
	for _, result := range denied {
		if result.ID != policies.IDAnnotation {
			return http.StatusForbidden, "Forbidden"
		}
	}
	return http.StatusUnprocessableEntity, "Invalid"
}

// denialMessage lists every violation, so that one attempt shows all there is
// to correct.
func denialMessage(denied []policies.Result) string {
	if len(denied) == 1 {
		return located(denied[0])
	}
	message := fmt.Sprintf("%d violations:", len(denied))
	for _, result := range denied {
		message += "\n- " + located(result)
	}
	return message
}

// located is a violation with its rule and the field it is about.
func located(result policies.Result) string { return place(result) + ": " + sentence(result) }

// place is a violation's rule and field.
func place(result policies.Result) string {
	if result.Field == "" {
		return result.ID
	}
	return result.ID + " " + result.Field
}

// sentence is what is wrong and what to do about it.
func sentence(result policies.Result) string {
	if result.Remedy == "" {
		return finding(result)
	}
	return strings.TrimSuffix(finding(result), ".") + ". " + result.Remedy
}

// finding is what is wrong. Findings about annotations begin with the field,
// which is named beside the message wherever we write one.
func finding(result policies.Result) string {
	return strings.TrimPrefix(result.Message, result.Field+": ")
}

// separator opens an array before its first element.
func separator(i int, open string) string {
	if i == 0 {
		return open
	}
	return ","
}

// appendString appends s as a JSON string; invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	// The only error is invalid UTF-8, and the output is replaced all the same.
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
