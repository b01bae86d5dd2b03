namespace Grpc.Core;

/// <summary>How a call ended. The numbers are the ones on the wire.</summary>
public enum StatusCode
{
    /// <summary>The call succeeded.</summary>
    OK = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>Nobody knows: usually an exception the server did not translate.</summary>
    Unknown = 2,

    /// <summary>The request could not be right, whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The time given to the call ran out.</summary>
    DeadlineExceeded = 4,

    /// <summary>The thing asked for is not there.</summary>
    NotFound = 5,

    /// <summary>The thing to be created is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known, and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a size limit or a supply is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in a state in which this can be done.</summary>
    FailedPrecondition = 9,

    /// <summary>Someone else got in between; trying again from the start may work.</summary>
    Aborted = 10,

    /// <summary>Past the end of what there is.</summary>
    OutOfRange = 11,

    /// <summary>The server does not offer this method.</summary>
    Unimplemented = 12,

    /// <summary>An invariant of the server is broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached just now; trying again may work.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged beyond repair.</summary>
    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}
