namespace IncidentTracker.Domain;

/// <summary>An airport by its three-letter IATA code, with the name customers read and the time zone its clocks and calendars run in.</summary>
public sealed record Station(
    string Code,
    string City, // as people say it, with the airport where a city has several: "Frankfurt", "London Heathrow"
    string Zone); // IANA id
