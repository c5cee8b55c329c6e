{{- /* Name of everything of this release. Two operators in one cluster would both write; there is one. */ -}}
{{- define "tenure.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tenure.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "tenure.name" .) }}
{{- end }}

{{- define "tenure.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "tenure.selector" -}}
app.kubernetes.io/name: tenure
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "tenure.labels" -}}
app.kubernetes.io/name: tenure
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- /* By what the times of production are divided; values of an older release do not have it. */ -}}
{{- define "tenure.timingDivisor" -}}
{{- (.Values.tests).timingDivisor | default 1 | int }}
{{- end }}

{{- define "tenure.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "tenure.controllerUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "tenure.serviceAccount" . }}
{{- end }}

{{- /* CEL: a list of strings. */ -}}
{{- define "tenure.celList" -}}
[{{ range $i, $item := . }}{{ if $i }}, {{ end }}{{ $item | squote }}{{ end }}]
{{- end }}

{{- /* The condition under which a policy looks at a request at all: not by Kubernetes itself. */ -}}
{{- define "tenure.exemptKubernetes" -}}
- name: not-kubernetes-itself
  expression: "!(request.userInfo.username in {{ include "tenure.celList" .Values.policies.systemUsers }})"
{{- end }}

{{- /* The same, and not by somebody who restores a backup. */ -}}
{{- define "tenure.exempt" -}}
{{ include "tenure.exemptKubernetes" . }}
{{- if or .Values.policies.restore.users .Values.policies.restore.groups }}
- name: nobody-who-restores
  expression: >-
    !({{ include "tenure.restores" . | replace "\n" " " }})
{{- end }}
{{- end }}

{{- /* CEL: whether somebody puts an object of a backup back. Who restores makes objects, for as long as the values say; the
API server writes when an object is made. */ -}}
{{- define "tenure.restores" -}}
{{- if or .Values.policies.restore.users .Values.policies.restore.groups -}}
request.operation == 'CREATE' && timestamp(object.metadata.creationTimestamp) < {{ include "tenure.restoreUntil" . }} &&
{{ include "tenure.restorer" . }}
{{- else -}}
false
{{- end }}
{{- end }}

{{- /* CEL: whether somebody who restores makes room for what they put back. Admission has no clock, and tells of a deletion when
the object was made only: what is made once the exemption is over is not theirs to delete. */ -}}
{{- define "tenure.makesRoom" -}}
{{- if or .Values.policies.restore.users .Values.policies.restore.groups -}}
oldObject != null && timestamp(oldObject.metadata.creationTimestamp) < {{ include "tenure.restoreUntil" . }} &&
{{ include "tenure.restorer" . }}
{{- else -}}
false
{{- end }}
{{- end }}

{{- define "tenure.restoreUntil" -}}
timestamp('{{ required "policies.restore.until is needed beside users or groups: the instant at which the exemption ends" .Values.policies.restore.until }}')
{{- end }}

{{- define "tenure.restorer" -}}
(request.userInfo.username in {{ include "tenure.celList" .Values.policies.restore.users }} ||
(has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in {{ include "tenure.celList" .Values.policies.restore.groups }})))
{{- end }}

{{- /* CEL: the labels by which the programs find what belongs together. */ -}}
{{- define "tenure.marks" -}}
{{ include "tenure.celList" (list "tenure.dev/attempt" "tenure.dev/epoch" "tenure.dev/evaluation" "tenure.dev/run" "tenure.dev/workflow") }}
{{- end }}

{{- define "tenure.callers" -}}
- name: isController
  expression: "request.userInfo.username == '{{ include "tenure.controllerUser" . }}'"
- name: isRunner
  expression: "request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':tenure-runner'"
{{- end }}

{{- /* The binding of a policy: (list root name). */ -}}
{{- define "tenure.binding" -}}
{{- $root := index . 0 }}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ index . 1 }}
  labels: {{- include "tenure.labels" $root | nindent 4 }}
spec:
  policyName: {{ index . 1 }}
  validationActions: {{ $root.Values.policies.validationActions | toJson }}
{{- end }}
