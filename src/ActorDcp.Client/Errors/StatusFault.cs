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
        var text = $"{endpoint} refused {what} with {Words(response)}";
        var meaning = response.Meaning;
        if (meaning.IsRetried)
            return new KvConnectionException(meaning.Mend.Length == 0 ? text : $"{text}; {meaning.Mend}") { Status = response.Status, Meaning = meaning };
        if (setting.Length > 0)
            return new KvConfigurationException($"{text}. {mend}") { Setting = setting, Status = response.Status };
        text = $"{text}; {meaning.Mend}";
        return response.Status == Status.NoAccess
            ? new KvConfigurationException(text) { Setting = "User", Status = response.Status }
            : new KvConnectionException(text) { IsRetryable = false, Status = response.Status, Meaning = meaning };
    }

    /// <summary>Status and all that the server said about it, in one line (dcp-reference.md 1.11).</summary>
    internal static string Words(KvResponse response) => Words(response.Status, response.Explanation, response.Error);

    /// <summary>Status and all that the server said about it, in one line (dcp-reference.md 1.11).</summary>
    /// <param name="status">The status.</param>
    /// <param name="explanation">What the node's error map says of it; used where the reference has no name for it.</param>
    /// <param name="error">What came with the answer.</param>
    internal static string Words(Status status, ErrorDescription? explanation, ErrorBody error) => Name(status, explanation) + Behind(error);

    private static string Name(Status status, ErrorDescription? explanation)
    {
        var code = $"0x{(ushort)status:x2}";
        if (Enum.IsDefined(status))
            return $"{status} ({code})";
        if (explanation is not { Name.Length: > 0 })
            return $"status {code}";
        return explanation.Description.Length == 0 ? $"{explanation.Name} ({code})" : $"{explanation.Name} ({code}, {explanation.Description})";
    }

    /// <summary>What the server said beyond the status, to be put behind it; empty when it said nothing.</summary>
    private static string Behind(ErrorBody error)
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
