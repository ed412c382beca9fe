using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ActorDcp.Protocol.Requests;

/// <summary>The text by which HELO names a client to the server's logs (dcp-reference.md 2.2).</summary>
public static class HelloAgent
{
    /// <summary>Characters of an agent that are kept; what is longer is cut.</summary>
    public const int MaxAgentLength = 200;

    /// <summary>As <c>{"a":"agent","i":"client/connection"}</c> with 16 hexadecimal digits each.</summary>
    /// <param name="agent">Name and version of the program.</param>
    /// <param name="client">Number of the client, the same on each of its connections.</param>
    /// <param name="connection">Number of the connection.</param>
    public static string Format(string agent, ulong client, ulong connection)
    {
        ArgumentNullException.ThrowIfNull(agent);
        var text = JsonEncodedText.Encode(
            agent.Length > MaxAgentLength ? agent[..MaxAgentLength] : agent, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return string.Create(CultureInfo.InvariantCulture, $$"""{"a":"{{text}}","i":"{{client:x16}}/{{connection:x16}}"}""");
    }
}
