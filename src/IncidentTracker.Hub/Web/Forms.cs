using Microsoft.AspNetCore.Antiforgery;

namespace IncidentTracker.Web;

/// <summary>Forms of our pages.</summary>
internal static class Forms
{
    /// <summary>Whether a form comes from a page of ours, and not from one that borrows somebody's browser.</summary>
    public static async Task<bool> IsOursAsync(this IAntiforgery forms, HttpContext http)
    {
        if (!http.Request.HasFormContentType) return false;
        try
        {
            await forms.ValidateRequestAsync(http);
            return true;
        }
        catch (AntiforgeryValidationException) { return false; }       // missing, foreign, or too large to be read
    }
}
