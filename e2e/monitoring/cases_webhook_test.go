package monitoring

// behaviour is when an alert fires, and when it does not. Series are in promtool's
// notation, with a sample a minute: 1x60 is 1 for an hour, 0+2x60 a counter that
// rises by 2 a minute.
type behaviour struct {
	// after is when to look, in minutes.
	after int
	fires []string
	quiet []string
}

// webhookAlerts are those about the webhook, its rules, audit and policies.
var webhookAlerts = map[string]behaviour{
	"InshoreWebhookDown": {
		after: 7,
		fires: []string{`up{job="inshore-webhook",pod="a"} 0x60`},
		quiet: []string{`up{job="inshore-webhook",pod="a"} 0x60`, `up{job="inshore-webhook",pod="b"} 1x60`},
	},
	"InshoreWebhookReplicaDown": {
		after: 12,
		fires: []string{`up{job="inshore-webhook",pod="a"} 0x60`, `up{job="inshore-webhook",pod="b"} 1x60`},
		quiet: []string{`up{job="inshore-webhook",pod="a"} 0x9 1x60`},
	},
	"InshoreWebhookNotReady": {
		after: 12,
		fires: []string{`inshore_ready{pod="a",check="policies"} 0x60`},
		quiet: []string{`inshore_ready{pod="a",check="policies"} 0x5 1x60`},
	},
	"InshoreAdmissionRefusedUnanswered": {
		after: 12,
		fires: []string{`apiserver_admission_webhook_rejection_count{name="services.validate.inshore.dev",error_type="calling_webhook_error"} 0+1x60`},
		quiet: []string{
			`apiserver_admission_webhook_rejection_count{name="services.validate.inshore.dev",error_type="no_error"} 0+9x60`,
			`apiserver_admission_webhook_rejection_count{name="validate.example.com",error_type="calling_webhook_error"} 0+9x60`,
		},
	},
	"InshoreAdmissionSkipped": {
		after: 17,
		fires: []string{`apiserver_admission_webhook_fail_open_count{name="services.mutate.inshore.dev"} 0+1x60`},
		quiet: []string{`apiserver_admission_webhook_fail_open_count{name="services.mutate.inshore.dev"} 7x60`},
	},
	"InshoreAdmissionNearTimeout": {
		after: 17,
		fires: []string{
			`apiserver_admission_webhook_admission_duration_seconds_bucket{name="services.mutate.inshore.dev",le="2.5"} 0x60`,
			`apiserver_admission_webhook_admission_duration_seconds_bucket{name="services.mutate.inshore.dev",le="10"} 0+5x60`,
			`apiserver_admission_webhook_admission_duration_seconds_bucket{name="services.mutate.inshore.dev",le="+Inf"} 0+5x60`,
		},
		quiet: []string{
			`apiserver_admission_webhook_admission_duration_seconds_bucket{name="services.mutate.inshore.dev",le="0.005"} 0+5x60`,
			`apiserver_admission_webhook_admission_duration_seconds_bucket{name="services.mutate.inshore.dev",le="2.5"} 0+5x60`,
			`apiserver_admission_webhook_admission_duration_seconds_bucket{name="services.mutate.inshore.dev",le="+Inf"} 0+5x60`,
		},
	},
	"InshoreAdmissionSlow": {
		after: 17,
		fires: []string{
			`inshore_admission_duration_seconds_bucket{webhook="mutate",kind="Service",le="0.5"} 0x60`,
			`inshore_admission_duration_seconds_bucket{webhook="mutate",kind="Service",le="1"} 0+5x60`,
			`inshore_admission_duration_seconds_bucket{webhook="mutate",kind="Service",le="+Inf"} 0+5x60`,
		},
		quiet: []string{
			`inshore_admission_duration_seconds_bucket{webhook="mutate",kind="Service",le="0.0001"} 0+5x60`,
			`inshore_admission_duration_seconds_bucket{webhook="mutate",kind="Service",le="+Inf"} 0+5x60`,
		},
	},
	"InshoreAdmissionErrors": {
		after: 17,
		fires: []string{`inshore_admission_reviews_total{webhook="mutate",kind="Service",outcome="refused"} 0+1x60`},
		quiet: []string{`inshore_admission_reviews_total{webhook="mutate",kind="Service",outcome="denied"} 0+9x60`},
	},
	"InshoreAdmissionPanics": {
		after: 10,
		fires: []string{`inshore_admission_panics_total{webhook="mutate",kind="Service"} 0x5 1x60`},
		quiet: []string{`inshore_admission_panics_total{webhook="mutate",kind="Service"} 1x60`},
	},
	"InshoreDecisionLogDropping": {
		after: 10,
		fires: []string{`inshore_decision_log_dropped_total{reason="behind"} 0x5 3x60`},
		quiet: []string{`inshore_decision_log_dropped_total{reason="behind"} 0x60`},
	},
	"InshoreCertificateExpiring": {
		after: 17,
		fires: []string{`inshore_certificate_expiry_timestamp_seconds{pod="a",certificate="serving"} 20000x60`},
		quiet: []string{`inshore_certificate_expiry_timestamp_seconds{pod="a",certificate="serving"} 43200x60`},
	},
	"InshoreCertificateNotRenewed": {
		after: 62,
		fires: []string{`inshore_certificate_expiry_timestamp_seconds{namespace="n",pod="a",certificate="serving"} 864000x90`},
		// The embedded mode's lasts a day.
		quiet: []string{
			`inshore_certificate_expiry_timestamp_seconds{namespace="n",pod="a",certificate="serving"} 86400x90`,
			`inshore_certificate_expiry_timestamp_seconds{namespace="n",pod="a",certificate="ca"} 31536000x90`,
		},
	},
	"InshoreAuthorityNotRenewed": {
		after: 62,
		fires: []string{`inshore_certificate_expiry_timestamp_seconds{certificate="ca"} 864000x90`},
		quiet: []string{`inshore_certificate_expiry_timestamp_seconds{certificate="ca"} 10500000x90`, `inshore_certificate_expiry_timestamp_seconds{certificate="serving"} 43200x90`},
	},
	"InshorePolicySourceFailing": {
		after: 12,
		fires: []string{`inshore_policy_source_failing{source="a",pod="a"} 0x60`, `inshore_policy_source_failing{source="a",pod="b"} 1x60`},
		quiet: []string{`inshore_policy_source_failing{source="a",pod="a"} 1x5 0x60`},
	},
	"InshoreRulesDiffer": {
		after: 17,
		fires: []string{`inshore_policy_revision_info{revision="1",pod="a"} 1x60`, `inshore_policy_revision_info{revision="2",pod="b"} 1x60`},
		quiet: []string{`inshore_policy_revision_info{revision="1",pod="a"} 1x60`, `inshore_policy_revision_info{revision="1",pod="b"} 1x60`},
	},
	"InshoreAuditNoLeader": {
		after: 12,
		fires: []string{`inshore_audit_leader{pod="a"} 0x60`, `inshore_audit_leader{pod="b"} 0x60`},
		quiet: []string{`inshore_audit_leader{pod="a"} 1x5 0x60`, `inshore_audit_leader{pod="b"} 0x5 1x60`},
	},
	"InshoreAuditFailing": {
		after: 32,
		fires: []string{`inshore_audit_report_writes_total{operation="apply",result="failed"} 0+1x60`},
		quiet: []string{`inshore_audit_report_writes_total{operation="apply",result="ok"} 0+1x60`, `inshore_audit_runs_total{result="failed"} 3x60`},
	},
	"InshoreAuditBehind": {
		after: 45,
		fires: []string{`inshore_audit_waiting_namespaces{pod="a"} 5x60`, `inshore_audit_last_run_timestamp_seconds{pod="a"} 60x60`},
		quiet: []string{`inshore_audit_waiting_namespaces{pod="a"} 5x60`, `inshore_audit_last_run_timestamp_seconds{pod="a"} 0+60x60`},
	},
	"InshoreViolationsRising": {
		after: 80,
		fires: []string{`inshore_audit_violations{rule="ISH201",severity="error",namespace="a"} 1x60 5x60`},
		quiet: []string{`inshore_audit_violations{rule="ISH201",severity="error",namespace="a"} 5x60 1x60`, `inshore_audit_violations{rule="ISH207",severity="warning",namespace="a"} 1x60 9x60`},
	},
	"InshoreMutationsMissed": {
		after: 32,
		fires: []string{`inshore_audit_missed_mutations{namespace="a"} 2x60`},
		quiet: []string{`inshore_audit_missed_mutations{namespace="a"} 2x20 0x60`},
	},
	"InshoreRepairsFailing": {
		after: 40,
		fires: []string{`inshore_audit_repairs_total{result="reverted"} 0+1x60`},
		quiet: []string{`inshore_audit_repairs_total{result="repaired"} 0+1x60`, `inshore_audit_repairs_total{result="conflict"} 0+1x60`},
	},
	"InshoreRolloutPaused": {
		after: 62,
		fires: []string{`inshore_policy_rollout_paused{policy="everyone",reason="ViolationsRose"} 1x90`},
		quiet: []string{`inshore_policy_rollout_paused{policy="everyone",reason="Paused"} 1x90`},
	},
	"InshoreRolloutFailing": {
		after: 40,
		fires: []string{`inshore_policy_rollout_changes_total{policy="everyone",result="denied"} 0+1x60`},
		quiet: []string{`inshore_policy_rollout_changes_total{policy="everyone",result="applied"} 0+9x60`},
	},
	"InshoreRolloutSlow": {
		after: 370,
		fires: []string{`inshore_policy_objects{policy="everyone",state="pending"} 5x400`, `inshore_policy_rollout_changes_total{policy="everyone",result="applied"} 7x400`},
		quiet: []string{`inshore_policy_objects{policy="everyone",state="pending"} 400-1x400`, `inshore_policy_rollout_changes_total{policy="everyone",result="applied"} 0+1x400`},
	},
	"InshoreExceptionInGrace": {
		after: 1,
		fires: []string{`inshore_exceptions{policy="everyone",state="grace"} 1x60`},
		quiet: []string{`inshore_exceptions{policy="everyone",state="live"} 3x60`, `inshore_exceptions{policy="everyone",state="grace"} 0x60`},
	},
	"InshoreExceptionExpired": {
		after: 1,
		fires: []string{`inshore_exceptions{policy="everyone",state="expired"} 1x60`},
		quiet: []string{`inshore_exceptions{policy="everyone",state="grace"} 3x60`, `inshore_exceptions{policy="everyone",state="expired"} 0x60`},
	},
}
