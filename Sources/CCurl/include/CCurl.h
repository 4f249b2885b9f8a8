/* What Swift cannot say of libcurl: curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic. Each
 * function here is the same call with one type for the value; whoever calls takes an option of that type. */
#ifndef WAYBILL_CCURL_H
#define WAYBILL_CCURL_H
#include <curl/curl.h>
#include <stdint.h>

/* Options that take a long. */
CURLcode waybill_curl_set_number(CURL *handle, CURLoption option, long value);

/* Options that take a text; libcurl copies it, but for CURLOPT_POSTFIELDS. */
CURLcode waybill_curl_set_text(CURL *handle, CURLoption option, const char *value);

/* A list of header fields, which stays the caller's and must live through the transfer. */
CURLcode waybill_curl_set_headers(CURL *handle, struct curl_slist *headers);

/* A body to send, not copied: it must live and stay as it is through the transfer. */
CURLcode waybill_curl_set_body(CURL *handle, const void *bytes, size_t count);

/* Who takes the body of the answer; `context` is the callback's last argument. */
CURLcode waybill_curl_set_writer(CURL *handle, curl_write_callback writer, void *context);

/* Where libcurl puts its words for what went wrong: CURL_ERROR_SIZE bytes that live as long as the handle. */
CURLcode waybill_curl_set_error_buffer(CURL *handle, char *buffer);

/* Who is asked, about once a second, whether the transfer may go on; `context` is the callback's first argument. */
CURLcode waybill_curl_set_progress(CURL *handle, curl_xferinfo_callback progress, void *context);

/* A list of receivers of mail, which stays the caller's and must live through the transfer. */
CURLcode waybill_curl_set_receivers(CURL *handle, struct curl_slist *receivers);

/* Who gives the bytes to send; `context` is the callback's last argument. */
CURLcode waybill_curl_set_reader(CURL *handle, curl_read_callback reader, void *context);

/* A form to send (multipart/form-data), which stays the caller's and must live through the transfer. */
CURLcode waybill_curl_set_form(CURL *handle, curl_mime *form);

/* Options that take a size. */
CURLcode waybill_curl_set_size(CURL *handle, CURLoption option, int64_t value);

/* How many seconds the answer asks to wait for (Retry-After, as seconds or as a date); 0 when it asks for nothing. */
int64_t waybill_curl_retry_after(CURL *handle);

/* The status of the answer, 0 before there is one. */
long waybill_curl_status(CURL *handle);

/* What the answer says of its length, -1 when it does not. */
int64_t waybill_curl_content_length(CURL *handle);

#endif
