{{- /* What Helm adds to the labels of every object. Not to pods: their template would change with the chart's version. */ -}}
{{- define "inshore.labels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* An image's full name, of the root and the image's values. */ -}}
{{- define "inshore.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ with $image.digest }}@{{ . }}{{ end -}}
{{- end }}

{{- /* A part of the memory limit, of the resources, a numerator and a denominator. */ -}}
{{- define "inshore.goMemLimit" -}}
{{- $limit := (index . 0).limits.memory -}}
{{- $mebibytes := regexFind "^[0-9]+" $limit | int -}}
{{- if hasSuffix "Gi" $limit }}{{ $mebibytes = mul $mebibytes 1024 }}{{ end -}}
{{- div (mul $mebibytes (index . 1)) (index . 2) }}MiB
{{- end }}
