using System.Text;

namespace ActorDcp.Protocol.Responses;

/// <summary>One answer to STAT (dcp-reference.md 3.20): key name; value text. The last one is empty.</summary>
/// <param name="Name">Name of the statistic.</param>
/// <param name="Text">Its value.</param>
public readonly record struct StatResponse(string Name, string Text)
{
    /// <summary>Whether no more follow.</summary>
    public bool IsEnd => Name.Length == 0 && Text.Length == 0;

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Not a success.</exception>
    public static StatResponse Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        return new StatResponse(Encoding.UTF8.GetString(frame.Key), Encoding.UTF8.GetString(ResponseRules.InflatedValue(frame)));
    }
}
