"""What CEL can call in Kubernetes: the standard functions and the libraries that kube-apiserver adds.

Sources: cel-go ``common/stdlib/standard.go``, ``cel/library.go`` (optional values), ``ext/strings.go`` (version 2),
``ext/sets.go``, ``ext/lists.go`` (version 3), ``ext/comprehensions.go``; ``k8s.io/apiserver/pkg/cel/library``.
"""

from __future__ import annotations

STANDARD = """
_?_:_ : bool, A, A -> A = conditional
_&&_ : bool, bool -> bool = logical_and
_||_ : bool, bool -> bool = logical_or
!_ : bool -> bool = logical_not
@not_strictly_false : bool -> bool = not_strictly_false
_==_ : A, A -> bool = equals
_!=_ : A, A -> bool = not_equals
_+_ : bytes, bytes -> bytes = add_bytes
_+_ : double, double -> double = add_double
_+_ : duration, duration -> duration = add_duration_duration
_+_ : duration, timestamp -> timestamp = add_duration_timestamp
_+_ : timestamp, duration -> timestamp = add_timestamp_duration
_+_ : int, int -> int = add_int64
_+_ : list(A), list(A) -> list(A) = add_list
_+_ : string, string -> string = add_string
_+_ : uint, uint -> uint = add_uint64
_-_ : double, double -> double = subtract_double
_-_ : duration, duration -> duration = subtract_duration_duration
_-_ : int, int -> int = subtract_int64
_-_ : timestamp, duration -> timestamp = subtract_timestamp_duration
_-_ : timestamp, timestamp -> duration = subtract_timestamp_timestamp
_-_ : uint, uint -> uint = subtract_uint64
_*_ : double, double -> double = multiply_double
_*_ : int, int -> int = multiply_int64
_*_ : uint, uint -> uint = multiply_uint64
_/_ : double, double -> double = divide_double
_/_ : int, int -> int = divide_int64
_/_ : uint, uint -> uint = divide_uint64
_%_ : int, int -> int = modulo_int64
_%_ : uint, uint -> uint = modulo_uint64
-_ : double -> double = negate_double
-_ : int -> int = negate_int64
_<_ : bool, bool -> bool = less_bool
_<_ : int, int -> bool = less_int64
_<_ : uint, uint -> bool = less_uint64
_<_ : double, double -> bool = less_double
_<_ : string, string -> bool = less_string
_<_ : bytes, bytes -> bool = less_bytes
_<_ : timestamp, timestamp -> bool = less_timestamp
_<_ : duration, duration -> bool = less_duration
_<_ : int, double -> bool = less_int64_double
_<_ : int, uint -> bool = less_int64_uint64
_<_ : uint, double -> bool = less_uint64_double
_<_ : uint, int -> bool = less_uint64_int64
_<_ : double, int -> bool = less_double_int64
_<_ : double, uint -> bool = less_double_uint64
_<=_ : bool, bool -> bool = less_equals_bool
_<=_ : int, int -> bool = less_equals_int64
_<=_ : uint, uint -> bool = less_equals_uint64
_<=_ : double, double -> bool = less_equals_double
_<=_ : string, string -> bool = less_equals_string
_<=_ : bytes, bytes -> bool = less_equals_bytes
_<=_ : timestamp, timestamp -> bool = less_equals_timestamp
_<=_ : duration, duration -> bool = less_equals_duration
_<=_ : int, double -> bool = less_equals_int64_double
_<=_ : int, uint -> bool = less_equals_int64_uint64
_<=_ : uint, double -> bool = less_equals_uint64_double
_<=_ : uint, int -> bool = less_equals_uint64_int64
_<=_ : double, int -> bool = less_equals_double_int64
_<=_ : double, uint -> bool = less_equals_double_uint64
_>_ : bool, bool -> bool = greater_bool
_>_ : int, int -> bool = greater_int64
_>_ : uint, uint -> bool = greater_uint64
_>_ : double, double -> bool = greater_double
_>_ : string, string -> bool = greater_string
_>_ : bytes, bytes -> bool = greater_bytes
_>_ : timestamp, timestamp -> bool = greater_timestamp
_>_ : duration, duration -> bool = greater_duration
_>_ : int, double -> bool = greater_int64_double
_>_ : int, uint -> bool = greater_int64_uint64
_>_ : uint, double -> bool = greater_uint64_double
_>_ : uint, int -> bool = greater_uint64_int64
_>_ : double, int -> bool = greater_double_int64
_>_ : double, uint -> bool = greater_double_uint64
_>=_ : bool, bool -> bool = greater_equals_bool
_>=_ : int, int -> bool = greater_equals_int64
_>=_ : uint, uint -> bool = greater_equals_uint64
_>=_ : double, double -> bool = greater_equals_double
_>=_ : string, string -> bool = greater_equals_string
_>=_ : bytes, bytes -> bool = greater_equals_bytes
_>=_ : timestamp, timestamp -> bool = greater_equals_timestamp
_>=_ : duration, duration -> bool = greater_equals_duration
_>=_ : int, double -> bool = greater_equals_int64_double
_>=_ : int, uint -> bool = greater_equals_int64_uint64
_>=_ : uint, double -> bool = greater_equals_uint64_double
_>=_ : uint, int -> bool = greater_equals_uint64_int64
_>=_ : double, int -> bool = greater_equals_double_int64
_>=_ : double, uint -> bool = greater_equals_double_uint64
_[_] : list(A), int -> A = index_list
_[_] : map(A, B), A -> B = index_map
@in : A, list(A) -> bool = in_list
@in : A, map(A, B) -> bool = in_map
size : bytes -> int = size_bytes
.size : bytes -> int = bytes_size
size : list(A) -> int = size_list
.size : list(A) -> int = list_size
size : map(A, B) -> int = size_map
.size : map(A, B) -> int = map_size
size : string -> int = size_string
.size : string -> int = string_size
type : A -> type(A) = type
dyn : A -> dyn = to_dyn
bool : bool -> bool = bool_to_bool
bool : string -> bool = string_to_bool
bytes : bytes -> bytes = bytes_to_bytes
bytes : string -> bytes = string_to_bytes
double : double -> double = double_to_double
double : int -> double = int64_to_double
double : string -> double = string_to_double
double : uint -> double = uint64_to_double
int : int -> int = int64_to_int64
int : double -> int = double_to_int64
int : duration -> int = duration_to_int64
int : string -> int = string_to_int64
int : timestamp -> int = timestamp_to_int64
int : uint -> int = uint64_to_int64
uint : uint -> uint = uint64_to_uint64
uint : double -> uint = double_to_uint64
uint : int -> uint = int64_to_uint64
uint : string -> uint = string_to_uint64
string : string -> string = string_to_string
string : bool -> string = bool_to_string
string : bytes -> string = bytes_to_string
string : double -> string = double_to_string
string : duration -> string = duration_to_string
string : int -> string = int64_to_string
string : timestamp -> string = timestamp_to_string
string : uint -> string = uint64_to_string
duration : duration -> duration = duration_to_duration
duration : string -> duration = string_to_duration
duration : int -> duration = int64_to_duration
timestamp : timestamp -> timestamp = timestamp_to_timestamp
timestamp : string -> timestamp = string_to_timestamp
timestamp : int -> timestamp = int64_to_timestamp
matches : string, string -> bool = matches
.matches : string, string -> bool = matches_string
.contains : string, string -> bool = contains_string
.endsWith : string, string -> bool = ends_with_string
.startsWith : string, string -> bool = starts_with_string
.getFullYear : timestamp -> int = timestamp_to_year
.getFullYear : timestamp, string -> int = timestamp_to_year_with_tz
.getMonth : timestamp -> int = timestamp_to_month
.getMonth : timestamp, string -> int = timestamp_to_month_with_tz
.getDayOfYear : timestamp -> int = timestamp_to_day_of_year
.getDayOfYear : timestamp, string -> int = timestamp_to_day_of_year_with_tz
.getDayOfMonth : timestamp -> int = timestamp_to_day_of_month
.getDayOfMonth : timestamp, string -> int = timestamp_to_day_of_month_with_tz
.getDate : timestamp -> int = timestamp_to_day_of_month_1_based
.getDate : timestamp, string -> int = timestamp_to_day_of_month_1_based_with_tz
.getDayOfWeek : timestamp -> int = timestamp_to_day_of_week
.getDayOfWeek : timestamp, string -> int = timestamp_to_day_of_week_with_tz
.getHours : timestamp -> int = timestamp_to_hours
.getHours : timestamp, string -> int = timestamp_to_hours_with_tz
.getHours : duration -> int = duration_to_hours
.getMinutes : timestamp -> int = timestamp_to_minutes
.getMinutes : timestamp, string -> int = timestamp_to_minutes_with_tz
.getMinutes : duration -> int = duration_to_minutes
.getSeconds : timestamp -> int = timestamp_to_seconds
.getSeconds : timestamp, string -> int = timestamp_to_seconds_with_tz
.getSeconds : duration -> int = duration_to_seconds
.getMilliseconds : timestamp -> int = timestamp_to_milliseconds
.getMilliseconds : timestamp, string -> int = timestamp_to_milliseconds_with_tz
.getMilliseconds : duration -> int = duration_to_milliseconds
"""

OPTIONAL = """
optional.of : V -> optional(V) = optional_of
optional.ofNonZeroValue : V -> optional(V) = optional_ofNonZeroValue
optional.none : -> optional(V) = optional_none
.value : optional(V) -> V = optional_value
.hasValue : optional(V) -> bool = optional_hasValue
.or : optional(V), optional(V) -> optional(V) = optional_or_optional
.orValue : optional(V), V -> V = optional_orValue_value
_?._ : dyn, string -> optional(V) = select_optional_field
_[?_] : list(V), int -> optional(V) = list_optindex_optional_int
_[?_] : optional(list(V)), int -> optional(V) = optional_list_optindex_optional_int
_[?_] : map(K, V), K -> optional(V) = map_optindex_optional_value
_[?_] : optional(map(K, V)), K -> optional(V) = optional_map_optindex_optional_value
_[_] : optional(list(V)), int -> optional(V) = optional_list_index_int
_[_] : optional(map(K, V)), K -> optional(V) = optional_map_index_value
.first : list(V) -> optional(V) = list_first
.last : list(V) -> optional(V) = list_last
optional.unwrap : list(optional(V)) -> list(V) = optional_unwrap
.unwrapOpt : list(optional(V)) -> list(V) = optional_unwrapOpt
"""

STRINGS = """
.charAt : string, int -> string = string_char_at_int
.indexOf : string, string -> int = string_index_of_string
.indexOf : string, string, int -> int = string_index_of_string_int
.lastIndexOf : string, string -> int = string_last_index_of_string
.lastIndexOf : string, string, int -> int = string_last_index_of_string_int
.lowerAscii : string -> string = string_lower_ascii
.upperAscii : string -> string = string_upper_ascii
.replace : string, string, string -> string = string_replace_string_string
.replace : string, string, string, int -> string = string_replace_string_string_int
.split : string, string -> list(string) = string_split_string
.split : string, string, int -> list(string) = string_split_string_int
.substring : string, int -> string = string_substring_int
.substring : string, int, int -> string = string_substring_int_int
.trim : string -> string = string_trim
.join : list(string) -> string = list_join
.join : list(string), string -> string = list_join_string
.format : string, list(dyn) -> string = string_format
strings.quote : string -> string = strings_quote
"""

SETS = """
sets.contains : list(T), list(T) -> bool = list_sets_contains_list
sets.equivalent : list(T), list(T) -> bool = list_sets_equivalent_list
sets.intersects : list(T), list(T) -> bool = list_sets_intersects_list
"""

TWO_VARIABLES = """
cel.@mapInsert : map(K, V), K, V -> map(K, V) = @mapInsert_map_key_value
cel.@mapInsert : map(K, V), map(K, V) -> map(K, V) = @mapInsert_map_map
"""

LISTS = "\n".join(
    [
        f".{name} : list({type_}) -> {result or type_} = list_{type_}_{name}"
        for name, result, types in (
            ("isSorted", "bool", "int uint double bool duration timestamp string bytes"),
            ("sum", "", "int uint double duration"),
            ("max", "", "int uint double bool duration timestamp string bytes"),
            ("min", "", "int uint double bool duration timestamp string bytes"),
        )
        for type_ in types.split()
    ]
    + [
        ".indexOf : list(A), A -> int = list_a_index_of_int",
        ".lastIndexOf : list(A), A -> int = list_a_last_index_of_int",
    ]
)

REGEX = """
.find : string, string -> string = string_find_string
.findAll : string, string -> list(string) = string_find_all_string
.findAll : string, string, int -> list(string) = string_find_all_string_int
"""

URLS = """
url : string -> URL = string_to_url
isURL : string -> bool = is_url_string
.getScheme : URL -> string = url_get_scheme
.getHost : URL -> string = url_get_host
.getHostname : URL -> string = url_get_hostname
.getPort : URL -> string = url_get_port
.getEscapedPath : URL -> string = url_get_escaped_path
.getQuery : URL -> map(string, list(string)) = url_get_query
"""

QUANTITY = """
quantity : string -> Quantity = string_to_quantity
isQuantity : string -> bool = is_quantity_string
sign : Quantity -> int = quantity_sign
.isGreaterThan : Quantity, Quantity -> bool = quantity_is_greater_than
.isLessThan : Quantity, Quantity -> bool = quantity_is_less_than
.compareTo : Quantity, Quantity -> int = quantity_compare_to
.asApproximateFloat : Quantity -> double = quantity_get_float
.asInteger : Quantity -> int = quantity_get_int
.isInteger : Quantity -> bool = quantity_is_integer
.add : Quantity, Quantity -> Quantity = quantity_add
.add : Quantity, int -> Quantity = quantity_add_int
.sub : Quantity, Quantity -> Quantity = quantity_sub
.sub : Quantity, int -> Quantity = quantity_sub_int
"""

IP = """
ip : string -> IP = string_to_ip
isIP : string -> bool = is_ip
ip.isCanonical : string -> bool = ip_is_canonical
.family : IP -> int = ip_family
.isUnspecified : IP -> bool = ip_is_unspecified
.isLoopback : IP -> bool = ip_is_loopback
.isLinkLocalMulticast : IP -> bool = ip_is_link_local_multicast
.isLinkLocalUnicast : IP -> bool = ip_is_link_local_unicast
.isGlobalUnicast : IP -> bool = ip_is_global_unicast
string : IP -> string = ip_to_string
"""

CIDR = """
cidr : string -> CIDR = string_to_cidr
isCIDR : string -> bool = is_cidr
.containsIP : CIDR, string -> bool = cidr_contains_ip_string
.containsIP : CIDR, IP -> bool = cidr_contains_ip_ip
.containsCIDR : CIDR, string -> bool = cidr_contains_cidr_string
.containsCIDR : CIDR, CIDR -> bool = cidr_contains_cidr
.ip : CIDR -> IP = cidr_ip
.masked : CIDR -> CIDR = cidr_masked
.prefixLength : CIDR -> int = cidr_prefix_length
string : CIDR -> string = cidr_to_string
"""

FORMAT_NAMES = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
]

FORMAT = "\n".join(
    [
        "format.named : string -> optional(Format) = format_named",
        ".validate : Format, string -> optional(list(string)) = format_validate",
        *(f"format.{name} : -> Format = format_{name}" for name in FORMAT_NAMES),
    ]
)

SEMVER = """
semver : string -> Semver = string_to_semver
semver : string, bool -> Semver = string_bool_to_semver
isSemver : string -> bool = is_semver_string
isSemver : string, bool -> bool = is_semver_string_bool
.isGreaterThan : Semver, Semver -> bool = semver_is_greater_than
.isLessThan : Semver, Semver -> bool = semver_is_less_than
.compareTo : Semver, Semver -> int = semver_compare_to
.major : Semver -> int = semver_major
.minor : Semver -> int = semver_minor
.patch : Semver -> int = semver_patch
"""

AUTHORIZER = """
.path : Authorizer, string -> PathCheck = authorizer_path
.group : Authorizer, string -> GroupCheck = authorizer_group
.serviceAccount : Authorizer, string, string -> Authorizer = authorizer_serviceaccount
.resource : GroupCheck, string -> ResourceCheck = groupcheck_resource
.subresource : ResourceCheck, string -> ResourceCheck = resourcecheck_subresource
.namespace : ResourceCheck, string -> ResourceCheck = resourcecheck_namespace
.name : ResourceCheck, string -> ResourceCheck = resourcecheck_name
.fieldSelector : ResourceCheck, string -> ResourceCheck = authorizer_fieldselector
.labelSelector : ResourceCheck, string -> ResourceCheck = authorizer_labelselector
.check : PathCheck, string -> Decision = pathcheck_check
.check : ResourceCheck, string -> Decision = resourcecheck_check
.errored : Decision -> bool = decision_errored
.error : Decision -> string = decision_error
.allowed : Decision -> bool = decision_allowed
.reason : Decision -> string = decision_reason
"""

_COMPARABLE = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]

EXTENDED_LISTS = "\n".join(
    [
        "lists.range : int -> list(int) = lists_range",
        ".reverse : list(T) -> list(T) = list_reverse",
        ".slice : list(T), int, int -> list(T) = list_slice",
        ".flatten : list(list(T)) -> list(T) = list_flatten",
        ".flatten : list(dyn), int -> list(dyn) = list_flatten_int",
        ".distinct : list(T) -> list(T) = list_distinct",
        *(f".sort : list({type_}) -> list({type_}) = list_{type_}_sort" for type_ in _COMPARABLE),
        *(
            f".@sortByAssociatedKeys : list(T), list({type_}) -> list(T) = list_{type_}_sortByAssociatedKeys"
            for type_ in _COMPARABLE
        ),
    ]
)

JSON_PATCH = """
jsonpatch.escapeKey : string -> string = string_jsonpatch_escapeKey_string
"""

ALWAYS = (STANDARD, OPTIONAL, STRINGS, SETS, LISTS, REGEX, URLS, QUANTITY, IP, CIDR, FORMAT, AUTHORIZER)
"""The libraries of every version here; :data:`kverify.api.versions.CEL_LIBRARIES` names those that came later."""
