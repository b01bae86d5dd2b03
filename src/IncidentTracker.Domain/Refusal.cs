namespace IncidentTracker.Domain;

/// <summary>The kinds of "no", each with one gRPC code and one HTTP status.</summary>
public enum RefusalKind { Invalid, TooLarge, Unauthenticated, NotAllowed, NotFound, Conflict, Precondition, OutOfRange, Unavailable }

/// <summary>A way the hub says no. The code is a promise to partners: never reused, never given another meaning.</summary>
public sealed record Refusal(string Code, RefusalKind Kind, string Message)
{
    /// <summary>The same refusal, about one field, with what to do about it.</summary>
    public Violation At(string field, string? detail = null) => new(field, this, detail ?? Message);
}

/// <summary>One field that cannot be accepted as it is. <paramref name="Field"/> is a path in the words of the contract.</summary>
public sealed record Violation(string Field, Refusal Why, string Detail);

/// <summary>Every refusal there is, on one page. protos/README.md lists them for partners; a test compares.</summary>
public static class Refusals
{
    public static readonly Refusal FieldRequired = new("FIELD_REQUIRED", RefusalKind.Invalid, "This field is required.");
    public static readonly Refusal FieldInvalid = new("FIELD_INVALID", RefusalKind.Invalid, "This field does not have the form it must have.");
    public static readonly Refusal FieldTooLong = new("FIELD_TOO_LONG", RefusalKind.Invalid, "This field is longer than allowed.");
    public static readonly Refusal TextNotUtf8 = new("TEXT_NOT_UTF8", RefusalKind.Invalid, "This text is not valid UTF-8. Encode it as UTF-8.");
    public static readonly Refusal UpdateIsEmpty = new("UPDATE_IS_EMPTY", RefusalKind.Invalid, "The update says nothing. Set status_code, custody, eta, correction or staff_text.");
    public static readonly Refusal AddressRequired = new("INCIDENT_ADDRESS_REQUIRED", RefusalKind.Invalid, "Name the case by incident_reference or external_reference.");
    public static readonly Refusal EventTimeRequired = new("EVENT_TIME_REQUIRED", RefusalKind.Invalid, "Say when it happened, or set event_time_precision to UNKNOWN.");
    public static readonly Refusal EventTimeOffsetRequired = new("EVENT_TIME_OFFSET_REQUIRED", RefusalKind.Invalid, "A time needs its local offset (\"+02:00\") or zone (\"Europe/Warsaw\").");
    public static readonly Refusal EventTimeInFuture = new("EVENT_TIME_IN_FUTURE", RefusalKind.Invalid, "It is said to have happened more than 24 hours from now. Check the clock and the offset.");
    public static readonly Refusal EventTimeTooOld = new("EVENT_TIME_TOO_OLD", RefusalKind.Invalid, "It is said to have happened before the year 2000. Check the clock and the unit.");
    public static readonly Refusal StatusCodeReserved = new("STATUS_CODE_RESERVED", RefusalKind.Invalid, "Only the hub writes this status code.");
    public static readonly Refusal BagTagUnreadable = new("BAG_TAG_UNREADABLE", RefusalKind.Invalid, "A tag of zeros was scanned without being read and names no bag.");
    public static readonly Refusal ItemUnknown = new("ITEM_UNKNOWN", RefusalKind.Invalid, "The case has no such item. Leave item_id empty or use one that GetIncident lists.");
    public static readonly Refusal OrganizationUnknown = new("ORGANIZATION_UNKNOWN", RefusalKind.Invalid, "No organization has this identifier.");
    public static readonly Refusal BatchTooLarge = new("BATCH_TOO_LARGE", RefusalKind.TooLarge, "Too many updates in one message. Send at most 500.");
    public static readonly Refusal BatchEmpty = new("BATCH_EMPTY", RefusalKind.Invalid, "The batch holds no updates.");
    public static readonly Refusal MessageTooLarge = new("MESSAGE_TOO_LARGE", RefusalKind.TooLarge, "The message is larger than allowed. Keep pictures with you and send their document number.");
    public static readonly Refusal MalformedMessage = new("MALFORMED_MESSAGE", RefusalKind.Invalid, "The message cannot be read as what the method expects.");
    public static readonly Refusal HelloRequired = new("STREAM_HELLO_REQUIRED", RefusalKind.Invalid, "The first message of a stream, and only the first, is hello.");
    public static readonly Refusal SequenceGap = new("SEQUENCE_GAP", RefusalKind.OutOfRange, "A client_sequence was skipped.");
    public static readonly Refusal ResumeTokenInvalid = new("RESUME_TOKEN_INVALID", RefusalKind.OutOfRange, "The hub does not know this resume token. Start without one.");
    public static readonly Refusal PageTokenMismatch = new("PAGE_TOKEN_MISMATCH", RefusalKind.Invalid, "The page token belongs to another question. Start without one.");
    public static readonly Refusal IdempotencyKeyRequired = new("IDEMPOTENCY_KEY_REQUIRED", RefusalKind.Invalid, "Send an Idempotency-Key header of 1 to 128 visible ASCII characters.");
    public static readonly Refusal CredentialRequired = new("CREDENTIAL_REQUIRED", RefusalKind.Unauthenticated, "Send a valid key: authorization: Bearer <key>.");
    public static readonly Refusal PartyMismatch = new("PARTY_MISMATCH", RefusalKind.NotAllowed, "The sender does not act for this organization.");
    public static readonly Refusal IncidentNotFound = new("INCIDENT_NOT_FOUND", RefusalKind.NotFound, "No case matches. Check the reference and the name.");
    public static readonly Refusal ClockNotFound = new("CLOCK_NOT_FOUND", RefusalKind.NotFound, "The case has no clock of this number that you may read. The list of its clocks names them.");
    public static readonly Refusal TaskUnknown = new("TASK_UNKNOWN", RefusalKind.NotFound, "The task is over, or is not the sender's. Report the update in the usual way if it is still news.");
    public static readonly Refusal UpdateIdConflict = new("UPDATE_ID_CONFLICT", RefusalKind.Conflict, "This update_id was used for other content. Send a correction under a new id.");
    public static readonly Refusal RequestIdConflict = new("REQUEST_ID_CONFLICT", RefusalKind.Conflict, "This request id was used for other content. Use a new one.");
    public static readonly Refusal IncidentExists = new("INCIDENT_EXISTS", RefusalKind.Conflict, "An open case already has this bag tag. Report into it instead.");
    public static readonly Refusal ReferenceAmbiguous = new("REFERENCE_AMBIGUOUS", RefusalKind.Precondition, "More than one open case has this identifier. Use incident_reference.");
    public static readonly Refusal WebhookUrlRefused = new("WEBHOOK_URL_REFUSED", RefusalKind.Invalid, "The hub sends nothing to this address. Use a public https address on port 443 or 8443, without user or fragment.");
    public static readonly Refusal WebhookEndpointNotFound = new("WEBHOOK_ENDPOINT_NOT_FOUND", RefusalKind.NotFound, "There is no such endpoint of yours.");
    public static readonly Refusal WebhookEndpointExists = new("WEBHOOK_ENDPOINT_EXISTS", RefusalKind.Conflict, "You have an endpoint with this address already.");
    public static readonly Refusal WebhookEndpointLimit = new("WEBHOOK_ENDPOINT_LIMIT", RefusalKind.Precondition, "You have as many endpoints as you may have. Delete one first.");
    public static readonly Refusal WebhookEndpointActive = new("WEBHOOK_ENDPOINT_ACTIVE", RefusalKind.Precondition, "The endpoint is active already and needs no challenge.");
    public static readonly Refusal WebhookEndpointInactive = new("WEBHOOK_ENDPOINT_INACTIVE", RefusalKind.Precondition, "The endpoint is not active. Send it a challenge first.");
    public static readonly Refusal DeliveryNotFound = new("DELIVERY_NOT_FOUND", RefusalKind.NotFound, "The endpoint has no such delivery.");
    public static readonly Refusal TooManyStreams = new("TOO_MANY_STREAMS", RefusalKind.Unavailable, "Too many streams are open, on this case or in all. Read the timeline now and then instead.");
    public static readonly Refusal AppealNotYours = new("APPEAL_NOT_YOURS", RefusalKind.NotAllowed, "Only the party that owed the word may contest that it was overdue.");
    public static readonly Refusal ClockNotOverdue = new("CLOCK_NOT_OVERDUE", RefusalKind.Precondition, "The word of this clock was not overdue, so there is nothing to contest.");
    public static readonly Refusal AppealExists = new("APPEAL_EXISTS", RefusalKind.Conflict, "This clock was contested before, for another reason. There is one appeal for each clock.");
    public static readonly Refusal AppealNotFound = new("APPEAL_NOT_FOUND", RefusalKind.NotFound, "The clock has no such appeal.");
    public static readonly Refusal DecisionNotYours = new("DECISION_NOT_YOURS", RefusalKind.NotAllowed, "The owner of the case decides, and nobody decides about its own word.");
    public static readonly Refusal AppealDecided = new("APPEAL_DECIDED", RefusalKind.Conflict, "The appeal was decided otherwise before. A decision stands.");
    public static readonly Refusal ScorecardNotFound = new("SCORECARD_NOT_FOUND", RefusalKind.NotFound, "There is no such scorecard that you may read. Your own has your identifier.");
    public static readonly Refusal SlaFileInvalid = new("SLA_FILE_INVALID", RefusalKind.Invalid, "The draft cannot be used.");
    public static readonly Refusal WhatIfTooLarge = new("WHAT_IF_TOO_LARGE", RefusalKind.Precondition, "The period has more cases of yours than are tried at once. Choose a shorter one.");
    public static readonly Refusal ServiceUnavailable = new("SERVICE_UNAVAILABLE", RefusalKind.Unavailable, "The hub cannot store anything right now. Send the same again shortly: it is safe.");

    /// <summary>All of them, for the page that explains them and the tests that count them.</summary>
    public static IReadOnlyList<Refusal> All { get; } = [.. typeof(Refusals)
        .GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static)
        .Select(field => field.GetValue(null)).OfType<Refusal>()];
}
