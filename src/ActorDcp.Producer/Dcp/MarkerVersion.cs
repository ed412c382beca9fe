namespace ActorDcp.Producer.Dcp;

/// <summary>Form of a snapshot marker; the number is the version byte of the second form (dcp-reference.md 3.8).</summary>
internal enum MarkerVersion : byte
{
    V20 = 0,
    V22 = 2,
    V1 = 255,
}
