using System.Globalization;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>Turns a node's refusal into the exception that says what, where and how to mend it (dcp-reference.md 1.10).</summary>
internal static class StatusFault
{
    /// <param name="what">What was asked, as in "refused {what}".</param>
    /// <param name="endpoint">Who refused.</param>
    /// <param name="response">The refusal.</param>
    /// <param name="setting">Option that asked for it.</param>
    /// <param name="mend">What to do when the refusal is for good.</param>
    internal static Exception Of(string what, KvEndpoint endpoint, KvResponse response, string setting = "", string mend = "")
    {
        var text = $"{endpoint} refused {what} with {Name(response.Status)}{Words(response.Error)}";
        var meaning = StatusMeaning.Of(response.Status);
        if (meaning.IsRetried)
            return new KvConnectionException(meaning.Mend.Length == 0 ? text : $"{text}; {meaning.Mend}") { Status = response.Status };
        if (setting.Length > 0)
            return new KvConfigurationException($"{text}. {mend}") { Setting = setting, Status = response.Status };
        text = $"{text}; {meaning.Mend}";
        return response.Status == Status.NoAccess
            ? new KvConfigurationException(text) { Setting = "User", Status = response.Status }
            : new KvConnectionException(text) { IsRetryable = false, Status = response.Status };
    }

    /// <summary>The node has taken back what the handshake gave: only a new connection helps, perhaps with a newer password.</summary>
    internal static bool EndsConnection(Status status) =>
        StatusMeaning.Of(status).Course is StatusCourse.NewConnection or StatusCourse.NewLogin;

    internal static string Name(Status status) =>
        Enum.IsDefined(status) ? $"{status} (0x{(ushort)status:x2})" : $"status 0x{(ushort)status:x2}";

    /// <summary>What the server said beyond the status, to be put behind it; empty when it said nothing.</summary>
    internal static string Words(ErrorBody error)
    {
        var context = error.Context.Length == 0 ? "" : $": {error.Context}";
        List<string> marks = [];
        if (error.Reference.Length > 0)
            marks.Add($"ref {error.Reference}");
        if (error.ManifestUid is { } manifest)
            marks.Add($"the node's manifest is {manifest.ToString("x", CultureInfo.InvariantCulture)}");
        return marks.Count == 0 ? context : $"{context} ({string.Join(", ", marks)})";
    }
}
