module tenure.dev/tests/helm

go 1.26.0
