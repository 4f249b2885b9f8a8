"""Every method of ws-sdk (PyPI) against Waybill: none may fail, and what they give is looked at."""
import logging
import sys
import traceback

from server import Server
from ws_sdk.app import WSApp
from ws_sdk.ws_constants import ScopeTypes

logging.disable(logging.CRITICAL)
server = Server(sys.argv[1])
app = WSApp(url=server.url, user_key=server.key, token=server.org, token_type=ScopeTypes.ORGANIZATION)
product, project = server.project["productToken"], server.project["projectToken"]
failed = []


def check(name, call, holds=lambda answer: True):
    try:
        answer = call()
        if not holds(answer):
            failed.append(f"{name}: {str(answer)[:300]}")
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        failed.append(f"{name}: {type(error).__name__} {error} ({place.name}:{place.lineno})")


def is_book(answer):
    return isinstance(answer, bytes) and answer[:2] == b"PK"


check("name", app.get_name, lambda it: it == "Acme")
check("details", app.get_organization_details, lambda it: it["orgName"] == "Acme")
check("products", app.get_products, lambda it: [p["name"] for p in it] == ["Shop"])
check("projects", app.get_projects, lambda it: len(it) == 2)
check("scopes", app.get_scopes, lambda it: len(it) >= 3)
check("scope of a token", lambda: app.get_scope_type_by_token(project), lambda it: it == "project")
check("scope name", lambda: app.get_scope_name_by_token(product), lambda it: it == "Shop")
check("project", lambda: app.get_project(project), lambda it: it["name"] == "Search")
check("product of project", lambda: app.get_product_of_project(project))
for kind, token in (("organization", None), ("product", product), ("project", project)):
    check(f"alerts {kind}", lambda: app.get_alerts(token=token), lambda it: len(it) > 0)
    check(f"alerts by type {kind}", lambda: app.get_alerts(token=token, alert_type="SECURITY_VULNERABILITY"),
          lambda it: len(it) > 0)
    check(f"alerts book {kind}", lambda: app.get_alerts(token=token, report=True), is_book)
    check(f"ignored {kind}", lambda: app.get_ignored_alerts(token=token), lambda it: it == [])
    check(f"ignored book {kind}", lambda: app.get_ignored_alerts(token=token, report=True), is_book)
    check(f"resolved book {kind}", lambda: app.get_resolved_alerts(token=token, report=True), is_book)
    check(f"vulnerability {kind}", lambda: app.get_vulnerability(token=token),
          lambda it: it and it[0]["library"]["filename"])
    check(f"vulnerability book {kind}", lambda: app.get_vulnerability(token=token, report=True), is_book)
    check(f"vulnerabilities per library {kind}", lambda: app.get_vulnerabilities_per_lib(token=token), len)
    check(f"inventory book {kind}", lambda: app.get_inventory(token=token, report=True), is_book)
    check(f"licenses {kind}", lambda: app.get_licenses(token=token), len)
    check(f"histogram {kind}", lambda: app.get_licenses(token=token, histogram=True), lambda it: it["MIT"] > 0)
    check(f"source files {kind}", lambda: app.get_source_files(token=token, report=True), is_book)
    check(f"in-house {kind}", lambda: app.get_in_house_libraries(token=token), lambda it: it == [])
    check(f"in-house book {kind}", lambda: app.get_in_house_libraries(token=token, report=True), is_book)
    if kind != "project":  # which ws-sdk does not ask for
        check(f"risk {kind}", lambda: app.get_risk(token=token, report=True), lambda it: it[:5] == b"%PDF-")
    check(f"due diligence {kind}", lambda: app.get_due_diligence(token=token), len)
    check(f"due diligence book {kind}", lambda: app.get_due_diligence(token=token, report=True), is_book)
    check(f"bugs {kind}", lambda: app.get_bugs(token=token, report=True), is_book)
    check(f"history {kind}", lambda: app.get_request_history(token=token, report=True), is_book)
    check(f"policies {kind}", lambda: app.get_policies(token=token), lambda it: it == [])
for kind, token in (("organization", None), ("product", product)):
    check(f"attributes {kind}", lambda: app.get_attributes(token=token), is_book)
    check(f"effective licenses {kind}", lambda: app.get_effective_licenses(token=token), is_book)
    check(f"locations {kind}", lambda: app.get_library_location(token=token, report=True), is_book)
for kind, token in (("product", product), ("project", project)):
    check(f"compatibility {kind}", lambda: app.get_license_compatibility(token=token, report=True), is_book)
    check(f"locations of libraries {kind}", lambda: app.get_library_location(token=token), len)
    for form in ("html", "txt", "json"):
        check(f"attribution {kind} {form}", lambda: app.get_attribution(
            token=token, reporting_aggregation_mode="BY_COMPONENT", report=True, export_format=form.upper()))
check("inventory", lambda: app.get_inventory(token=project), lambda it: len(it) == 2)
check("inventory with dependencies", lambda: app.get_inventory(token=project, with_dependencies=True), len)
check("inventory as tree", lambda: app.get_inventory(token=project, as_dependency_tree=True), len)
check("dependencies of a library", lambda: app.get_lib_dependencies(
    key_uuid=app.get_inventory(token=project)[0]["keyUuid"], report=False, token=project))
check("library", lambda: app.get_libraries("left-pad"), lambda it: it[0]["name"] == "left-pad")
check("library details", lambda: app.get_library_details("left-pad", "npm", "1.3.0"), len)
check("change log", app.get_change_log, len)
check("containers", lambda: app.get_container_vulnerability(report=True), is_book)
check("users", app.get_users, lambda it: it[0]["email"] == "admin@acme.example")
check("create user", lambda: app.create_user("Ada", "ada@acme.example", "admin@acme.example"))
check("create service user", lambda: app.create_user("robot", is_service=True), lambda it: len(it) == 64)
key = app.create_user("renewed", is_service=True)
check("renew a key", lambda: app.regenerate_service_user_key(key), lambda it: len(it) == 64 and it != key)
check("create group", lambda: app.create_group("legal"))
check("assign to group", lambda: app.assign_user_to_group("ada@acme.example", "legal"))
check("group", lambda: app.get_users_in_group("legal"), len)
check("groups", app.get_groups, len)
check("assign to product", lambda: app.assign_to_scope("productAdmins", token=product, email="ada@acme.example"))
check("assignments", lambda: app.get_user_group_assignments(token=product), len)
check("delete user", lambda: app.delete_user("ada@acme.example"))
alert = app.get_alerts(token=project, alert_type="SECURITY_VULNERABILITY")[0]["alertUuid"]
check("ignore", lambda: app.set_alerts_status([alert], "Ignored", "not <reachable>"))
check("ignored", lambda: app.get_ignored_alerts(token=project), lambda it: it[0]["comments"] == "not <reachable>")
check("open again", lambda: app.set_alerts_status(alert, "Active"))
check("tags", app.get_tags)
check("tags of a project", lambda: app.get_tags(token=project))
library = app.get_inventory(token=project)[0]["keyUuid"]
check("set notice", lambda: app.set_lib_notice(library, text="Made by others", reference="NOTICE"))
check("notices", lambda: app.get_lib_notice(product), len)
check("state of a request", lambda: app.get_last_scan_process_status("none"), lambda it: it == "UNKNOWN")
check("create product", lambda: app.create_product("New"), lambda it: len(it["productToken"]) == 64)
check("create project", lambda: app.create_project("Sub", product_name="New"), lambda it: len(it["projectToken"]) == 64)
check("delete project", lambda: app.delete_scope(project))
for kind, call in (
    ("vulnerability", lambda: app.get_vulnerability(token=product, asyncr=True)),
    ("vulnerability book", lambda: app.get_vulnerability(token=product, report=True, asyncr=True)),
    ("inventory", lambda: app.get_inventory(token=product, report=True, asyncr=True)),
    ("alerts", lambda: app.get_alerts(token=product, report=True, asyncr=True)),
):
    app.token_type = ScopeTypes.ORGANIZATION
    check(f"asynchronous {kind}", call, lambda it: it and "Failed" not in it)

server.stop()
for line in failed:
    print("FAILED", line)
print(f"ws-sdk: {len(failed)} calls failed")
sys.exit(bool(failed))
